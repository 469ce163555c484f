/** Starts what makes the letter desk quicker. Without scripts it saves all the same. */
import { startChoices } from './choices.js';
import { startKeys } from './desk-keys.js';
import { startOcr } from './desk-ocr.js';
import { startSaving } from './desk-save.js';
import { startScan } from './desk-scan.js';
import { startSuggestions } from './suggestions.js';

const form = document.querySelector('form#surat');
if (form instanceof HTMLFormElement) {
  /** @type {Record<string, string>} */
  const words = JSON.parse(form.dataset['words'] ?? '{}');
  startChoices(form, words);
  startSuggestions(form, words);
  startScan(form, words, startOcr(form, words));
  startSaving(form, words);
  // Last: the lists that Enter chooses from come first.
  startKeys(form);
}
