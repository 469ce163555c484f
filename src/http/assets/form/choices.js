import { ask } from './ask.js';
import { startCombobox } from './combobox.js';
import { field } from './page.js';

const minLetters = 3;

/**
 * Places by the gazetteer, agencies by the directory and its aliases.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} words
 */
export function startChoices(form, words) {
  const place = field(form, 'place');
  const areaCode = field(form, 'areaCode');
  startCombobox(place, {
    words,
    search: async (signal) => {
      // Streets are nobody's list: what comes after the last comma is looked up.
      const { asked } = splitPlace(place.value);
      if (asked.length < minLetters) return null;
      return (await ask('/v1/areas/search', { q: asked.slice(0, 200) }, signal))?.areas ?? null;
    },
    take: (area) => {
      const { before } = splitPlace(place.value);
      place.value = before + area.name;
      areaCode.value = area.code;
      place.dispatchEvent(new Event('change', { bubbles: true }));
    },
  });

  const agency = field(form, 'agency');
  agency.removeAttribute('list');
  startCombobox(agency, {
    words,
    search: async (signal) => {
      const asked = agency.value.trim().slice(0, 100);
      if (asked.length < 2) return null;
      return (
        (await ask(`/v1/agencies?${new URLSearchParams({ q: asked, limit: '8' })}`, undefined, signal))
          ?.agencies ?? null
      );
    },
    take: ({ name }) => {
      agency.value = name;
      agency.dispatchEvent(new Event('change', { bubbles: true }));
    },
  });
}

/** @param {string} typed */
function splitPlace(typed) {
  const comma = typed.lastIndexOf(',');
  if (comma === -1) return { before: '', asked: typed.trim() };
  return { before: `${typed.slice(0, comma)}, `, asked: typed.slice(comma + 1).trim() };
}
