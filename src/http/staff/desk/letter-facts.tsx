import type { LetterRecord } from '../../../db/letters.ts';
import type { Speech } from '../../messages/speech.ts';
import { deskWords } from './words.ts';

type FactsProps = {
  readonly speech: Speech;
  readonly letter: LetterRecord;
  /** Its name. */
  readonly office: string;
};

/** Where a letter is in the books, for a list of facts. */
export function LetterFacts({ speech, letter, office }: FactsProps) {
  const words = deskWords(speech);
  const day = (date: string) =>
    new Intl.DateTimeFormat(`${speech.language}-ID`, { dateStyle: 'long', timeZone: 'UTC' }).format(
      new Date(`${date}T00:00:00Z`),
    );
  const facts = [
    [words.office, office],
    [words.agendaNumber, `${letter.agendaNumber} (${letter.year})`],
    [words.origin, words.origins[letter.origin]],
    [words.writtenOn, letter.writtenOn === null ? words.noDate : day(letter.writtenOn)],
    [words.receivedOn, day(letter.receivedOn)],
  ] as const;
  return (
    <>
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </>
  );
}
