import { say } from './page.js';

/** @typedef {{ readonly name: string, readonly code: string }} Option */

const pauseMs = 250;

/**
 * Offers what the words typed so far may mean, as the editable combobox of the ARIA Authoring Practices: arrows move,
 * Enter takes, Escape closes, and whatever is typed stays if nothing is taken.
 * @param {HTMLInputElement} input
 * @param {{
 *   readonly search: (signal: AbortSignal) => Promise<readonly Option[] | null>,
 *   readonly take: (option: Option) => void,
 *   readonly words: Record<string, string>,
 * }} settings
 */
export function startCombobox(input, { search, take, words }) {
  const list = document.createElement('ul');
  list.id = `${input.id}-options`;
  list.className = 'options';
  list.role = 'listbox';
  list.ariaLabel = words['list'] ?? '';
  list.hidden = true;
  const status = document.createElement('p');
  status.className = 'hidden';
  status.role = 'status';
  input.after(list, status);
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  input.setAttribute('aria-expanded', 'false');

  /** @type {readonly Option[]} */
  let options = [];
  let active = -1;
  let asking = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const close = () => {
    clearTimeout(timer);
    asking.abort();
    options = [];
    list.replaceChildren();
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    mark(-1);
  };

  /** @param {number} at */
  const mark = (at) => {
    active = at;
    for (const [index, item] of [...list.children].entries()) {
      item.setAttribute('aria-selected', String(index === at));
      if (index === at) item.scrollIntoView({ block: 'nearest' });
    }
    if (at === -1) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `${list.id}-${at}`);
  };

  /** @param {number} at */
  const choose = (at) => {
    const option = options[at];
    close();
    status.textContent = '';
    if (option !== undefined) take(option);
  };

  const show = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const found = await search(signal);
    if (signal.aborted) return;
    if (found === null || document.activeElement !== input) return close();
    options = found;
    list.replaceChildren(
      ...found.map((option, index) => {
        const item = document.createElement('li');
        item.id = `${list.id}-${index}`;
        item.role = 'option';
        item.textContent = option.name;
        item.addEventListener('click', () => choose(index));
        return item;
      }),
    );
    list.hidden = found.length === 0;
    input.setAttribute('aria-expanded', String(found.length > 0));
    mark(-1);
    status.textContent =
      found.length === 0
        ? (words['noSuggestions'] ?? '')
        : say(words['suggestions'], { count: found.length });
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, pauseMs);
  });
  input.addEventListener('keydown', (event) => {
    const count = options.length;
    if (event.key === 'Escape' && count > 0) {
      event.preventDefault();
      close();
    } else if (event.key === 'Enter' && active !== -1) {
      // not to send the form
      event.preventDefault();
      choose(active);
    } else if (event.key === 'ArrowDown' && count > 0) {
      event.preventDefault();
      mark((active + 1) % count);
    } else if (event.key === 'ArrowUp' && count > 0) {
      event.preventDefault();
      mark(active <= 0 ? count - 1 : active - 1);
    } else if (event.key === 'ArrowDown' && input.value !== '') {
      event.preventDefault();
      void show();
    }
  });
  // Pressing an option must not take the focus from the field, or it closes before the click.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  input.addEventListener('blur', close);
}
