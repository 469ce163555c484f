import { field, find, say } from './page.js';

/**
 * @typedef {{ upload: string, label: string, type: string, number: number }} Uploaded
 * @typedef {(file: Uploaded, picture: string | null, mayBegin: boolean) => void} ShowScan
 */

/**
 * Takes the scan however it comes, chosen, dragged, pasted or photographed, and uploads it while the letter is being typed.
 * What cannot be uploaded stays in the field and goes with the form.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 * @param {ShowScan} show
 */
export function startScan(form, words, show) {
  const section = find('#scan', form);
  const files = /** @type {HTMLInputElement} */ (find('#files', form));
  const camera = /** @type {HTMLInputElement} */ (find('#camera', form));
  const status = find('#scan-status', form);
  const list = find('#scan-list', form);
  find('#upload', form).hidden = true;
  let isFirst = form.querySelector('[name=upload]') === null;
  /** One after the other: they are counted. */
  let last = Promise.resolve();

  /** @param {readonly File[]} taken */
  const upload = async (taken) => {
    status.textContent = say(words['uploading'], { count: taken.length });
    const answer = await send(form, taken);
    if (answer === null) {
      const kept = new DataTransfer();
      for (const file of [...(files.files ?? []), ...taken]) kept.items.add(file);
      files.files = kept.files;
      status.textContent = words['notUploaded'] ?? '';
      return;
    }
    status.textContent = [say(words['uploaded'], { count: answer.files.length }), ...answer.problems].join(
      '. ',
    );
    for (const file of answer.files) {
      const local = taken[file.number - 1];
      const name = `${local?.name ?? ''} (${file.label})`;
      list.append(toItem({ ...file, label: name }));
      const isShown = local !== undefined && /^image\/(jpeg|png|webp)$/.test(local.type);
      show({ ...file, label: name }, isShown ? URL.createObjectURL(local) : null, isFirst);
      isFirst = false;
    }
  };
  /** @param {readonly File[]} taken */
  const take = (taken) => {
    if (taken.length === 0) return;
    last = last.then(() => upload(taken));
  };

  for (const chooser of [files, camera]) {
    chooser.addEventListener('change', () => {
      const chosen = [...(chooser.files ?? [])];
      chooser.value = '';
      take(chosen);
    });
  }
  document.addEventListener('paste', ({ clipboardData }) => take([...(clipboardData?.files ?? [])]));
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    section.classList.add('over');
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) section.classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    section.classList.remove('over');
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  // What came with a form that is shown again was uploaded before.
  for (const box of form.querySelectorAll('#kept [name=upload]')) {
    const label = form.querySelector(`label[for="${box.id}"]`)?.textContent ?? '';
    const { value } = /** @type {HTMLInputElement} */ (box);
    show({ upload: value, label, type: '', number: 0 }, null, false);
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {readonly File[]} taken
 * @returns {Promise<{ files: readonly Uploaded[], problems: readonly string[] } | null>}
 */
async function send(form, taken) {
  const body = new FormData();
  for (const file of taken) body.append('files', file);
  try {
    const answer = await fetch('/petugas/surat/berkas', {
      method: 'POST',
      headers: { 'x-csrf-token': field(form, 'csrf').value },
      body,
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** @param {Uploaded} file */
function toItem({ upload, label }) {
  const item = document.createElement('li');
  item.className = 'choice';
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.name = 'upload';
  box.value = upload;
  box.checked = true;
  box.id = `scan-${upload.slice(0, 8)}-${document.querySelectorAll('[name=upload]').length}`;
  const text = document.createElement('label');
  text.htmlFor = box.id;
  text.textContent = label;
  item.append(box, text);
  return item;
}
