import { IntlMessageFormat } from 'intl-messageformat';
import { en } from './en.ts';
import { type Catalogue, id } from './id.ts';
import type { Language } from './language.ts';

/** One language, ready to speak. */
export type Speech = {
  readonly language: Language;
  readonly words: Catalogue;
  /** Fills in an ICU message of the catalogue; throws when a value is missing. */
  readonly say: (message: string, values: Readonly<Record<string, string | number>>) => string;
  /** Day and minute with the zone named, in western Indonesian time. */
  readonly moment: (at: Date) => string;
};

const catalogues: Readonly<Record<Language, Catalogue>> = { id, en };

export function speechIn(language: Language): Speech {
  // English as written in Indonesia: its dates name WIB, not GMT+7.
  const moment = new Intl.DateTimeFormat(`${language}-ID`, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'Asia/Jakarta',
    timeZoneName: 'short',
  });
  return {
    language,
    words: catalogues[language],
    say: (message, values) =>
      String(new IntlMessageFormat(message, language, undefined, { ignoreTag: true }).format(values)),
    moment: (at) => moment.format(at),
  };
}
