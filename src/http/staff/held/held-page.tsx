import type { HeldReport } from '../../../db/held-reports.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { heldWords } from './words.ts';

type HeldProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly reports: readonly HeldReport[];
  readonly said: 'released' | 'notHeld' | null;
};

/** What waits for somebody to look at it, masked as everywhere. */
export function HeldPage({ view, staff, csrfToken, reports, said }: HeldProps) {
  const { speech } = view;
  const words = heldWords[speech.language];
  return (
    <StaffLayout view={view} staff={staff} title={words.title} csrfToken={csrfToken}>
      <h1>{words.title}</h1>
      <p class="lead" role={said === null ? undefined : 'status'}>
        {said !== null ? words[said] : reports.length === 0 ? words.none : words.lead}
      </p>
      {reports.map((report) => (
        <section class="card">
          <p class="words">{report.text}</p>
          <dl>
            <div>
              <dt>{words.reason}</dt>
              <dd>{report.reason}</dd>
            </div>
            <div>
              <dt>{words.channel}</dt>
              <dd>{report.channel}</dd>
            </div>
            <div>
              <dt>{words.received}</dt>
              <dd>{speech.moment(report.received_at)}</dd>
            </div>
            {report.copies > 0 && (
              <div>
                <dt>{words.copies}</dt>
                <dd>{report.copies}</dd>
              </div>
            )}
          </dl>
          <form method="post" action={`/petugas/tertahan/${report.report_id}/teruskan`}>
            <input type="hidden" name="csrf" value={csrfToken} />
            <button
              type="submit"
              class="quiet"
              aria-label={speech.say(words.releaseLabel, { at: speech.moment(report.received_at) })}
            >
              {words.release}
            </button>
          </form>
        </section>
      ))}
    </StaffLayout>
  );
}
