import type { LetterRecord } from '../../../db/letters.ts';
import type { ReporterView } from '../../../domain/audiences/reporter.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { formatTrackingId } from '../../../domain/tracking-id.ts';
import type { View } from '../../pages/layout.tsx';
import { ProgressView } from '../../pages/progress-view.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { LetterFacts } from './letter-facts.tsx';
import { deskWords } from './words.ts';

export type LetterPageProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly letter: LetterRecord;
  /** Its name. */
  readonly office: string;
  /** Null where it was stored this instant. */
  readonly progress: ReporterView | null;
};

/** What became of a letter. Never who wrote it. */
export function LetterPage({ view, staff, csrfToken, letter, office, progress }: LetterPageProps) {
  const { speech } = view;
  const words = deskWords(speech);
  const title = speech.say(words.letterTitle, { number: letter.agendaNumber, year: String(letter.year) });
  return (
    <StaffLayout view={view} staff={staff} title={title} csrfToken={csrfToken}>
      <section class="panel">
        <h1>{title}</h1>
        <p>
          {words.trackingId}
          <strong class="number">
            {letter.trackingId === null ? words.waiting : formatTrackingId(letter.trackingId)}
          </strong>
        </p>
        <p class="links">
          <a href={`/petugas/surat/${letter.reportId}/tanda-terima`}>{words.print}</a>
          <a href={`/petugas/surat?setelah=${letter.reportId}`}>{words.back}</a>
        </p>
      </section>
      <section class="card">
        <dl>
          <LetterFacts speech={speech} letter={letter} office={office} />
          <div>
            <dt>{words.files}</dt>
            <dd>{letter.files}</dd>
          </div>
          {letter.enteredBy !== null && (
            <div>
              <dt>{words.enteredBy}</dt>
              <dd>{letter.enteredBy}</dd>
            </div>
          )}
          <div>
            <dt>{words.enteredAt}</dt>
            <dd>{speech.moment(letter.enteredAt)}</dd>
          </div>
        </dl>
      </section>
      {progress !== null && (
        <section>
          <ProgressView speech={speech} progress={progress} />
        </section>
      )}
    </StaffLayout>
  );
}
