import type { Import } from '../../../domain/import.ts';
import type { Agency } from '../../../domain/routing/directory.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { importPageWords } from './words.ts';

export const importHome = '/petugas/impor';

type Props = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly imports: readonly (Import & { readonly accepted: number; readonly officeName: string })[];
  /** Whose books they may bring letters into. */
  readonly offices: readonly Agency[];
  /** What is wrong with what was just uploaded, in words. */
  readonly problem: { readonly field: 'table' | 'archive' | 'office'; readonly words: string } | null;
  readonly office: string;
};

/** Where a table is uploaded, and what was uploaded before. */
export function ImportListPage({ view, staff, csrfToken, imports, offices, problem, office }: Props) {
  const { speech } = view;
  const words = importPageWords[speech.language];
  const told = (field: string) =>
    problem?.field === field ? (
      <p class="problem" id={`${field}-problem`}>
        {problem.words}
      </p>
    ) : null;
  const wrong = (field: string) => (problem?.field === field ? ({ 'aria-invalid': 'true' } as const) : {});
  const described = (field: string) =>
    problem?.field === field ? `${field}-hint ${field}-problem` : `${field}-hint`;
  return (
    <StaffLayout view={view} staff={staff} title={words.title} csrfToken={csrfToken}>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {problem !== null && (
        <div class="alert" role="alert" aria-labelledby="problems" tabindex={-1} autofocus>
          <h2 id="problems">{words.problemTitle}</h2>
          <ul>
            <li>
              <a href={`#${problem.field}`}>{problem.words}</a>
            </li>
          </ul>
        </div>
      )}
      <p>
        {`${words.templates} `}
        {['template.xlsx', 'template.csv'].map((name) => (
          <a class="template" href={`${importHome}/${name}`}>
            {name}
          </a>
        ))}
      </p>
      <form class="card" method="post" action={importHome} enctype="multipart/form-data">
        <input type="hidden" name="csrf" value={csrfToken} />
        <div class="field">
          <label for="table">{words.table}</label>
          <p class="hint" id="table-hint">
            {words.tableHint}
          </p>
          {told('table')}
          <input
            type="file"
            id="table"
            name="table"
            accept=".csv,.xlsx,.txt"
            required
            aria-describedby={described('table')}
            {...wrong('table')}
          />
        </div>
        <div class="field">
          <label for="archive">{words.archive}</label>
          <p class="hint" id="archive-hint">
            {words.archiveHint}
          </p>
          {told('archive')}
          <input
            type="file"
            id="archive"
            name="archive"
            accept=".zip"
            aria-describedby={described('archive')}
            {...wrong('archive')}
          />
        </div>
        {(offices.length > 1 || problem?.field === 'office') && (
          <div class="field">
            <label for="office">{words.office}</label>
            <p class="hint" id="office-hint">
              {words.officeHint}
            </p>
            {told('office')}
            <select id="office" name="office" aria-describedby={described('office')} {...wrong('office')}>
              {offices.map(({ code, name }) => (
                <option value={code} selected={code === office}>
                  {name}
                </option>
              ))}
            </select>
          </div>
        )}
        <button type="submit">{words.upload}</button>
      </form>
      <section class="past">
        <h2>{words.past}</h2>
        {imports.length === 0 ? (
          <p>{words.none}</p>
        ) : (
          <ul class="imports">
            {imports.map((one) => (
              <li>
                <a href={`${importHome}/${one.id}`}>{speech.moment(one.createdAt)}</a>
                <span class={`badge ${one.state === 'finished' ? 'delivered' : ''}`}>
                  {words.states[one.state]}
                </span>
                <small>
                  {`${one.officeName} · ${one.rowCount} ${words.rows.toLowerCase()} · ${one.accepted} ${words.accepted}`}
                </small>
              </li>
            ))}
          </ul>
        )}
      </section>
    </StaffLayout>
  );
}
