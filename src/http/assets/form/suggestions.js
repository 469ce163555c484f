import { ask } from './ask.js';
import { field, find, say } from './page.js';

const pauseMs = 1_200;
/** Fewer letters say nothing yet. */
const minLetters = 12;

/**
 * While the story is being written: what it seems to be about, and who has reported the same. Nothing is asked for a report
 * that is to be anonymous or confidential.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
export function startSuggestions(form, words) {
  const showTopic = startTopic(form, words);
  const showAgency = startAgency(form, words);
  const showSimilar = startSimilar(form, words);
  let asked = '';
  let asking = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const update = async () => {
    clearTimeout(timer);
    if (field(form, 'anonymous').checked || field(form, 'confidential').checked) return;
    const draft = readDraft(form);
    const question = JSON.stringify(draft);
    if (draft.text.length < minLetters || question === asked) return;
    asked = question;
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const answer = await ask('/v1/suggestions', draft, signal);
    if (answer === null || signal.aborted) return;
    showTopic(answer.topic);
    showAgency(answer.agency);
    showSimilar(answer.reports);
  };

  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(update, pauseMs);
  });
  form.addEventListener('change', update);
}

/** @param {HTMLFormElement} form */
function readDraft(form) {
  const point = /^\s*(-?\d+\.\d+)\s*,\s*(-?\d+\.\d+)\s*$/.exec(field(form, 'point').value);
  return {
    title: field(form, 'title').value.slice(0, 200),
    text: field(form, 'text').value.slice(0, 3_000),
    place: {
      text: field(form, 'place').value.slice(0, 500),
      ...(point !== null && { lat: Number(point[1]), lon: Number(point[2]) }),
    },
  };
}

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
function startTopic(form, words) {
  const box = find('#topic-suggestion');
  const message = find('p', box);
  const button = find('button', box);
  const select = /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (field(form, 'topic')));
  /** @type {{ code: string, name: string } | null} */
  let topic = null;

  button.addEventListener('click', () => {
    if (topic === null) return;
    const { code, name } = topic;
    if (![...select.options].some((option) => option.value === code)) select.add(new Option(name, code));
    select.value = code;
    message.textContent = say(words['topicChosen'], { topic: name });
    // The button goes, so the focus has to.
    select.focus();
    button.hidden = true;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });

  /** @param {{ code: string, name: string } | null} suggested */
  return (suggested) => {
    // What somebody chose is not doubted.
    if (select.value !== '') return;
    topic = suggested;
    box.hidden = suggested === null;
    button.hidden = false;
    if (suggested !== null) message.textContent = say(words['topic'], { topic: suggested.name });
  };
}

/**
 * Who would get it, and why; where the form has a place for that.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
function startAgency(form, words) {
  const box = document.querySelector('#agency-suggestion');
  if (!(box instanceof HTMLElement)) return () => {};
  const message = find('p', box);
  const button = find('button', box);
  const input = field(form, 'agency');
  /** @type {{ name: string, reason: string } | null} */
  let agency = null;

  button.addEventListener('click', () => {
    if (agency === null) return;
    input.value = agency.name;
    message.textContent = say(words['agencyChosen'], { agency: agency.name });
    input.focus();
    button.hidden = true;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });

  /** @param {{ name: string, reason: string } | null} suggested */
  return (suggested) => {
    // What somebody chose is not doubted.
    if (input.value !== '') return;
    agency = suggested;
    box.hidden = suggested === null;
    button.hidden = false;
    if (suggested !== null)
      message.textContent = say(words['agency'], { agency: suggested.name, reason: suggested.reason });
  };
}

/**
 * @typedef {{
 *   trackingId: string, topic: string | null, reason: string | null, receivedAt: string, reports: number
 * }} Similar
 */

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
function startSimilar(form, words) {
  const box = find('#similar');
  const list = find('ul', box);
  const template = /** @type {HTMLTemplateElement} */ (find('template', box));
  const status = find('#similar-status');
  const note = find('#join');
  const leave = find('#join-leave');
  const joins = field(form, 'joins');
  const day = new Intl.DateTimeFormat(`${document.documentElement.lang}-ID`, { dateStyle: 'long' });

  const showJoin = () => {
    note.hidden = joins.value === '';
    find('#join-id').textContent = formatId(joins.value);
    for (const button of list.querySelectorAll('button')) {
      button.ariaPressed = String(button.dataset['id'] === joins.value);
    }
  };
  // a draft may have brought it back
  form.addEventListener('change', showJoin);

  /** @param {string} trackingId */
  const join = (trackingId) => {
    joins.value = joins.value === trackingId ? '' : trackingId;
    const text = field(form, 'text');
    if (joins.value !== '' && text.value.trim() === '') text.value = words['alsoMeText'] ?? '';
    joins.dispatchEvent(new Event('change', { bubbles: true }));
    const sentence = `${find('p', note).textContent?.trim().replace(/\s+/g, ' ')}`;
    status.textContent = joins.value === '' ? '' : sentence;
  };

  leave.addEventListener('click', (event) => {
    event.preventDefault();
    joins.value = '';
    joins.dispatchEvent(new Event('change', { bubbles: true }));
    field(form, 'title').focus();
  });

  /** @param {Similar} report */
  const toItem = (report) => {
    const item = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const parts = {
      topic: report.topic ?? '',
      reason: report.reason ?? '',
      time: day.format(new Date(report.receivedAt)),
      reports: say(words['reports'], { count: report.reports }),
      id: formatId(report.trackingId),
    };
    for (const [name, text] of Object.entries(parts)) find(`[data-part=${name}]`, item).textContent = text;
    const button = find('button', item);
    button.dataset['id'] = report.trackingId;
    button.ariaPressed = String(joins.value === report.trackingId);
    button.addEventListener('click', () => join(report.trackingId));
    return item;
  };

  /** @param {readonly Similar[]} reports */
  return (reports) => {
    // The list does not move away under somebody who chose from it.
    if (joins.value !== '' && !box.hidden) return;
    list.replaceChildren(...reports.map(toItem));
    box.hidden = reports.length === 0;
    status.textContent = reports.length === 0 ? '' : say(words['similar'], { count: reports.length });
  };
}

/** @param {string} trackingId */
const formatId = (trackingId) => trackingId.replace(/^(\d{4})(\d{4})(\d{4})$/, '$1-$2-$3');
