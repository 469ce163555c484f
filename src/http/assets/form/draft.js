import { field, find } from './page.js';

const key = 'lapor-draft';
const keptMs = 3 * 24 * 60 * 60 * 1000;
const pauseMs = 400;

/** What happened, where and for whom. Never who tells it, nor any tick: consent is given anew, secrecy leaves no draft. */
const kept = [
  'kind',
  'title',
  'text',
  'occurredOn',
  'place',
  'areaCode',
  'point',
  'agency',
  'topic',
  'joins',
];

/**
 * Keeps the story in this browser until it is sent, so that a reload or an empty battery does not lose it. The phone may
 * be somebody else's: it can be forgotten, and is where the report is to be anonymous or confidential.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
export function startDraft(form, words) {
  const note = find('#draft');
  const status = find('#draft-status');
  const store = openStore();
  if (store === null) return;
  let refused = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const forget = () => {
    clearTimeout(timer);
    store.removeItem(key);
  };
  const isSecret = () => field(form, 'anonymous').checked || field(form, 'confidential').checked;
  const save = () => {
    note.hidden = isSecret();
    if (refused || isSecret()) return forget();
    const data = new FormData(form);
    const values = Object.fromEntries(kept.map((name) => [name, String(data.get(name) ?? '')]));
    try {
      store.setItem(key, JSON.stringify({ at: Date.now(), values }));
    } catch {
      // full, or forbidden meanwhile: then there is no draft
    }
  };

  find('#draft-forget').addEventListener('click', () => {
    refused = true;
    forget();
    status.textContent = words['forgotten'] ?? '';
  });
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(save, pauseMs);
  });
  form.addEventListener('change', save);
  // Without a network it is not sent; the form that comes back with something to mend brings its words itself.
  form.addEventListener('submit', () => {
    if (navigator.onLine) {
      refused = true;
      forget();
    }
  });

  note.hidden = isSecret();
  if (isEmpty(form)) {
    if (restore(form, store)) {
      status.textContent = words['restored'] ?? '';
      form.dispatchEvent(new Event('change', { bubbles: true }));
    }
  } else save();
}

/** @returns {Storage | null} */
function openStore() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {HTMLFormElement} form */
const isEmpty = (form) => ['title', 'text', 'place'].every((name) => field(form, name).value === '');

/**
 * @param {HTMLFormElement} form
 * @param {Storage} store
 */
function restore(form, store) {
  const draft = readDraft(store);
  if (draft === null) return false;
  for (const name of kept) {
    const value = draft[name];
    // What the page was opened with, such as a report to join, counts for more.
    if (typeof value === 'string' && value !== '' && (name === 'kind' || field(form, name).value === '')) {
      field(form, name).value = value;
    }
  }
  return !isEmpty(form);
}

/**
 * @param {Storage} store
 * @returns {Record<string, unknown> | null}
 */
function readDraft(store) {
  try {
    const { at, values } = JSON.parse(store.getItem(key) ?? 'null') ?? {};
    if (typeof at === 'number' && Date.now() - at < keptMs && values !== null) return values;
  } catch {
    // written by something else
  }
  store.removeItem(key);
  return null;
}
