import { field, find } from './page.js';

const timeoutMs = 8_000;

/**
 * Before a letter is sent, looks whether its writer is still signed in: a form that was open since before lunch would be
 * refused, and what was typed lost with it.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
export function startSaving(form, words) {
  const alert = find('#desk-alert', form);
  let asking = false;
  let sure = false;

  form.addEventListener('submit', async (event) => {
    if (sure) {
      // What is pressed twice is sent once.
      if (asking) event.preventDefault();
      asking = true;
      return;
    }
    event.preventDefault();
    if (asking) return;
    asking = true;
    const state = await askSession();
    asking = false;
    if (state === 'signed-out') {
      const link = document.createElement('a');
      link.href = '/petugas';
      link.target = '_blank';
      link.rel = 'noopener';
      link.textContent = words['signIn'] ?? '';
      alert.classList.remove('hidden');
      alert.classList.add('alert');
      alert.replaceChildren(`${words['signedOut']} `, link);
      alert.scrollIntoView({ block: 'nearest' });
      return;
    }
    if (state !== null) field(form, 'csrf').value = state.csrf;
    sure = true;
    form.requestSubmit(/** @type {HTMLElement | null} */ (event.submitter));
  });
  // Back from another page by the browser's history, it may be sent again.
  window.addEventListener('pageshow', () => {
    sure = false;
    asking = false;
  });
}

/** @returns {Promise<{ csrf: string } | 'signed-out' | null>} null where that cannot be known: then the form is sent as it is */
async function askSession() {
  try {
    const answer = await fetch('/petugas/surat/sesi', {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.type === 'opaqueredirect' || answer.status === 401) return 'signed-out';
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
