import { ask } from './ask.js';
import { field } from './page.js';

/** A proof counts for twenty minutes. */
const againMs = 15 * 60_000;

/**
 * Does a little work in the background once somebody begins to fill in the form: it tells people from machines that send
 * thousands of forms, and nobody has to read crooked letters.
 * @param {HTMLFormElement} form
 */
export function startProof(form) {
  const worker = form.dataset['worker'];
  // Without https browsers have no cryptography: then the form goes without proof.
  if (worker === undefined || !window.isSecureContext || !('Worker' in window)) return;
  const proof = field(form, 'proof');

  const prove = async () => {
    const challenge = await ask('/v1/challenge');
    if (challenge === null) return;
    const solver = new Worker(worker);
    solver.addEventListener('message', ({ data: solution }) => {
      solver.terminate();
      if (solution !== null) proof.value = btoa(JSON.stringify({ challenge, solution }));
    });
    solver.addEventListener('error', () => solver.terminate());
    solver.postMessage(challenge);
    setTimeout(prove, againMs);
  };
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    void prove();
  };
  form.addEventListener('focusin', begin);
  form.addEventListener('input', begin);
}
