import { field, find } from './page.js';

/**
 * The keyboard of a person who enters a pile: Enter goes on to the next field, Ctrl and Enter saves from anywhere.
 * @param {HTMLFormElement} form
 */
export function startKeys(form) {
  find('#keys').hidden = false;
  const save = /** @type {HTMLButtonElement} */ (find('#save', form));

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      if (!event.repeat) save.click();
      return;
    }
    const { target } = event;
    const isLine = target instanceof HTMLInputElement && !/^(file|submit|button)$/.test(target.type);
    if (!(isLine || target instanceof HTMLSelectElement) || target.form !== form) return;
    // Half a letter is not saved by a key that means "on" to most.
    event.preventDefault();
    findNext(form, target)?.focus();
  });

  const post = find('#post', form);
  const origin = field(form, 'origin');
  const url = field(form, 'postUrl');
  /** The address of a post is asked for where there is one. */
  const showPost = () => {
    post.hidden = origin.value !== 'social_media' && url.value === '' && url.ariaInvalid !== 'true';
  };
  origin.addEventListener('change', showPost);
  showPost();
}

/**
 * @param {HTMLFormElement} form
 * @param {Element} from
 * @returns {HTMLElement | undefined}
 */
function findNext(form, from) {
  const controls = [...form.elements].filter(
    (control) => control instanceof HTMLElement && control.tabIndex >= 0 && control.checkVisibility(),
  );
  return /** @type {HTMLElement | undefined} */ (controls[controls.indexOf(from) + 1]);
}
