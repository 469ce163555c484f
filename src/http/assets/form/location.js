import { field, find, say } from './page.js';

/**
 * Fills in the point where the person is, once they ask for it.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
export function startLocation(form, words) {
  // Browsers tell it to pages by https only.
  if (!('geolocation' in navigator) || !window.isSecureContext) return;
  const box = find('#locate');
  const button = /** @type {HTMLButtonElement} */ (find('button', box));
  const status = find('p', box);
  const point = field(form, 'point');
  box.hidden = false;

  /** @param {string} message */
  const done = (message) => {
    button.disabled = false;
    status.textContent = message;
  };

  button.addEventListener('click', () => {
    button.disabled = true;
    status.textContent = words['locating'] ?? '';
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // Five decimals are a metre.
        point.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
        done(say(words['located'], { meters: Math.max(1, Math.round(coords.accuracy)) }));
        point.dispatchEvent(new Event('change', { bubbles: true }));
      },
      () => done(words['notLocated'] ?? ''),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
    );
  });
}
