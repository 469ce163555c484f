import type { ListedSession } from '../../../db/staff-sessions.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { accountWords } from './words.ts';

type SessionsProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly sessions: readonly ListedSession[];
  /** Id of the one the page is shown in. */
  readonly current: string;
  readonly said: 'ended' | 'changed' | null;
};

/** Where somebody is signed in. */
export function SessionsPage({ view, staff, csrfToken, sessions, current, said }: SessionsProps) {
  const { speech } = view;
  const words = accountWords[speech.language];
  return (
    <StaffLayout view={view} staff={staff} title={words.title} csrfToken={csrfToken}>
      <h1>{words.title}</h1>
      <p class="lead" role={said === null ? undefined : 'status'}>
        {said === null ? words.lead : words[said]}
      </p>
      <p>
        <a class="quiet" href="/petugas/sandi">
          {words.changePassword}
        </a>
      </p>
      <h2>{words.sessions}</h2>
      {sessions.map((session) => (
        <section class="card">
          <h3>
            {nameBrowser(session.browser) ?? words.unknownBrowser}
            {session.id === current && <span class="badge">{words.current}</span>}
          </h3>
          <dl>
            <div>
              <dt>{words.since}</dt>
              <dd>{speech.moment(session.created_at)}</dd>
            </div>
            <div>
              <dt>{words.seen}</dt>
              <dd>{speech.moment(session.last_seen_at)}</dd>
            </div>
            {session.way !== null && (
              <div>
                <dt>{words.way}</dt>
                <dd>{words.ways[session.way]}</dd>
              </div>
            )}
          </dl>
          <form method="post" action="/petugas/sesi/akhiri">
            <input type="hidden" name="csrf" value={csrfToken} />
            <input type="hidden" name="session" value={session.id} />
            <button
              type="submit"
              class="quiet"
              aria-label={speech.say(words.endLabel, { since: speech.moment(session.created_at) })}
            >
              {words.end}
            </button>
          </form>
        </section>
      ))}
      <form method="post" action="/petugas/sesi/akhiri-semua">
        <input type="hidden" name="csrf" value={csrfToken} />
        <button type="submit">{words.endAll}</button>
      </form>
    </StaffLayout>
  );
}

/** As people call it: what browsers call themselves names three others. */
function nameBrowser(agent: string | null): string | null {
  if (agent === null) return null;
  const browser = [
    ['Edge', /Edg(e|A|iOS)?\//],
    ['Opera', /OPR\//],
    ['Samsung Internet', /SamsungBrowser\//],
    ['Firefox', /(Firefox|FxiOS)\//],
    ['Chrome', /(Chrome|CriOS|Chromium)\//],
    ['Safari', /Safari\//],
  ].find(([, mark]) => (mark as RegExp).test(agent))?.[0];
  const system = [
    ['Android', /Android/],
    ['iPhone', /iPhone|iPad/],
    ['Windows', /Windows/],
    ['macOS', /Mac OS X/],
    ['Linux', /Linux/],
  ].find(([, mark]) => (mark as RegExp).test(agent))?.[0];
  const parts = [browser, system].filter((part) => part !== undefined);
  return parts.length === 0 ? null : parts.join(', ');
}
