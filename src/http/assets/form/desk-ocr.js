import { field, find, say } from './page.js';

/** A page takes a minute at most, and others may be before it. */
const timeoutMs = 150_000;

/**
 * @typedef {import('./desk-scan.js').Uploaded} Uploaded
 * @typedef {{ text: string, pages: number, picture: string } | { problem: string }} Answer
 */

/**
 * Shows each scan and, beside it, what a machine reads in it. Nothing of that is in the form before somebody takes it over, and
 * then it is not saved before they say that they have compared it.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 * @returns {import('./desk-scan.js').ShowScan}
 */
export function startOcr(form, words) {
  const reads = find('#scan', form).dataset['reads'];
  const box = find('#ocr', form);
  const status = find('#ocr-status', form);
  const output = find('#ocr-text', form);
  const stop = find('#ocr-stop', form);
  const use = find('#ocr-use', form);
  const pictures = find('#pictures', form);
  const list = find('#scan-list', form);
  let reading = new AbortController();
  stop.addEventListener('click', () => reading.abort());

  use.addEventListener('click', () => {
    const text = field(form, 'text');
    text.value = [text.value.trim(), output.textContent?.trim()].filter(Boolean).join('\n\n');
    field(form, 'textByOcr').value = '1';
    field(form, 'textWasRead').checked = false;
    find('#ocr-check', form).hidden = false;
    status.textContent = words['used'] ?? '';
    text.dispatchEvent(new Event('input', { bubbles: true }));
    text.focus();
    text.setSelectionRange(0, 0);
  });

  /**
   * @param {Uploaded} file
   * @param {HTMLElement} gallery
   */
  const read = async (file, gallery) => {
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    const isShown = gallery.children.length > 0;
    const parts = [];
    output.textContent = '';
    box.hidden = false;
    use.hidden = true;
    stop.hidden = false;
    status.textContent = words['readingFirst'] ?? '';
    let [page, pages] = [1, 1];
    for (; page <= pages; page += 1) {
      if (page > 1) status.textContent = say(words['reading'], { page, pages });
      const answer = await askPage(form, file.upload, page, signal);
      if (signal.aborted || answer === null || 'problem' in answer) {
        const problem = answer === null || !('problem' in answer) ? 'failed' : answer.problem;
        const why = signal.aborted ? 'stopped' : `ocr_${problem}`;
        if (signal === reading.signal) status.textContent = words[why] ?? '';
        break;
      }
      pages = answer.pages;
      parts.push(answer.text);
      output.textContent = parts.filter(Boolean).join('\n\n');
      if (!isShown) gallery.append(toPicture(answer.picture, say(words['page'], { page })));
      use.hidden = output.textContent === '';
    }
    // Somebody asked for another meanwhile.
    if (signal !== reading.signal) return;
    stop.hidden = true;
    if (page > pages)
      status.textContent = output.textContent === '' ? (words['empty'] ?? '') : say(words['done'], { pages });
  };

  return (file, picture, mayBegin) => {
    const gallery = document.createElement('div');
    pictures.append(gallery);
    if (picture !== null) gallery.append(toPicture(picture, say(words['scan'], { name: file.label })));
    const isPdf = file.type === 'application/pdf';
    const isReadable = file.type === '' || isPdf || file.type.startsWith('image/');
    if (!isReadable || reads === 'nothing' || (isPdf && reads !== 'all')) return;
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = say(words['read'], { name: file.label });
    button.addEventListener('click', () => void read(file, gallery));
    item.append(button);
    list.append(item);
    if (mayBegin) void read(file, gallery);
  };
}

/**
 * @param {string} source
 * @param {string} label
 */
function toPicture(source, label) {
  const picture = document.createElement('img');
  picture.src = source;
  picture.alt = label;
  return picture;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} upload
 * @param {number} page
 * @param {AbortSignal} stopped
 * @returns {Promise<Answer | null>}
 */
async function askPage(form, upload, page, stopped) {
  try {
    const answer = await fetch('/petugas/surat/ocr', {
      method: 'POST',
      headers: { 'x-csrf-token': field(form, 'csrf').value },
      body: new URLSearchParams({ upload, page: String(page) }),
      signal: AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)]),
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
