/** Starts what makes the report form more comfortable. Without scripts the form works all the same. */
import { startChoices } from './choices.js';
import { startDraft } from './draft.js';
import { startLocation } from './location.js';
import { startProof } from './proof.js';
import { startSuggestions } from './suggestions.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('laporan'));
/** @type {Record<string, string>} */
const words = JSON.parse(form.dataset['words'] ?? '{}');

startProof(form);
startChoices(form, words);
startLocation(form, words);
startSuggestions(form, words);
// Last: what it brings back is new to the others.
startDraft(form, words);
