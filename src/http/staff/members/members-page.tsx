import type { ListedMember } from '../../../db/staff.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { staffWords } from '../words.ts';
import { memberWords } from './words.ts';

type MembersProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly members: readonly (ListedMember & { readonly agencyName: string })[];
  readonly said: 'done' | null;
};

/** Who is staff, for admins: only of their agencies. */
export function MembersPage({ view, staff, csrfToken, members, said }: MembersProps) {
  const words = memberWords[view.speech.language];
  return (
    <StaffLayout view={view} staff={staff} title={words.title} csrfToken={csrfToken}>
      <h1>{words.title}</h1>
      <p class="lead" role={said === null ? undefined : 'status'}>
        {said === null ? words.lead : words[said]}
      </p>
      {members.map((member) => (
        <Member view={view} member={member} csrfToken={csrfToken} isOwn={member.id === staff.id} />
      ))}
    </StaffLayout>
  );
}

type MemberProps = Pick<MembersProps, 'view' | 'csrfToken'> & {
  readonly member: MembersProps['members'][number];
  readonly isOwn: boolean;
};

function Member({ view, member, csrfToken, isOwn }: MemberProps) {
  const { speech } = view;
  const words = memberWords[speech.language];
  const facts = [
    [words.login, member.login],
    [words.role, staffWords[speech.language].role[member.role]],
    [words.agency, member.agencyName],
    [words.state, describeState(member, words)],
    [words.sessions, String(member.sessions)],
    [words.lastSeen, member.lastSignedInAt === null ? words.never : speech.moment(member.lastSignedInAt)],
  ];
  const actions = [
    ...(isOwn
      ? []
      : [member.active ? (['nonaktif', words.disable] as const) : (['aktif', words.enable] as const)]),
    ...(member.sessions > 0 ? [['keluarkan', words.end] as const] : []),
  ];
  return (
    <section class="card">
      <h2>
        {member.name} {isOwn && <span class="badge">{words.you}</span>}
      </h2>
      <dl>
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        {actions.map(([path, action]) => (
          <form method="post" action={`/petugas/staf/${member.id}/${path}`}>
            <input type="hidden" name="csrf" value={csrfToken} />
            <button
              type="submit"
              class="quiet"
              aria-label={speech.say(words.of, { action, name: member.name })}
            >
              {action}
            </button>
          </form>
        ))}
      </div>
    </section>
  );
}

function describeState(
  { active, hasPassword, hasTotp, isLinked }: ListedMember,
  words: (typeof memberWords)['id' | 'en'],
): string {
  if (!active) return words.disabled;
  if (!hasPassword && !isLinked) return words.invited;
  return hasPassword && !hasTotp ? `${words.active}. ${words.noApp}` : words.active;
}
