import type { RowCounts } from '../../../db/import-rows.ts';
import type { Import, ImportRow } from '../../../domain/import.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { columnLetters, importWords, sayProblem } from '../../../import/words.ts';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { shorten } from './columns-page.tsx';
import { importHome } from './list-page.tsx';
import { importPageWords } from './words.ts';

export type ImportPageProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly imported: Import;
  readonly counts: RowCounts;
  /** Null once it was deleted. */
  readonly headings: readonly string[] | null;
  readonly summary: readonly (Pick<ImportRow['problems'][number], 'column' | 'code'> & {
    readonly count: number;
  })[];
  readonly rows: readonly { readonly row: ImportRow; readonly cells: readonly string[] }[];
  readonly page: number;
  readonly pages: number;
  /** It could not be started. */
  readonly conflict: boolean;
};

/** Where there are no scripts to follow it. */
const refreshSeconds = 5;

/** An import that was checked, runs, rests or is done. */
export function ImportPage(props: ImportPageProps) {
  const { view, staff, csrfToken, imported, conflict } = props;
  const words = importPageWords[view.speech.language];
  const { state } = imported;
  const title = {
    mapping: words.checkTitle,
    checked: words.checkTitle,
    running: words.runningTitle,
    paused: words.pausedTitle,
    finished: words.doneTitle,
  }[state];
  return (
    <StaffLayout
      view={view}
      staff={staff}
      title={title}
      csrfToken={csrfToken}
      scripts={state === 'running' ? [view.assets.importScript] : []}
      refreshSeconds={state === 'running' ? refreshSeconds : undefined}
    >
      <p class="step">
        <a href={importHome}>{words.back}</a>
      </p>
      <h1>{title}</h1>
      {conflict && (
        <div class="alert" role="alert" tabindex={-1} autofocus>
          <p class="problem">{words.conflict}</p>
        </div>
      )}
      <div data-live="progress">
        <Progress {...props} />
      </div>
      {state === 'checked' && <StartForm {...props} />}
      {state === 'running' && (
        <Act {...props} to="henti" quiet>
          {words.stop}
        </Act>
      )}
      {state === 'paused' && (
        <>
          <p>{words.pausedLead}</p>
          <Act {...props} to="jalankan">
            {words.resume}
          </Act>
        </>
      )}
      {(state === 'finished' || state === 'paused') && <Result {...props} />}
      <Problems {...props} />
      {state !== 'running' && <Erase {...props} />}
    </StaffLayout>
  );
}

const fill = (message: string, values: Readonly<Record<string, string | number>>): string =>
  message.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

function Progress({ view, imported, counts }: ImportPageProps) {
  const words = importPageWords[view.speech.language];
  const total = imported.rowCount;
  const left = counts.pending + counts.sending;
  const done = total - left;
  const isRunning = imported.state === 'running' || imported.state === 'paused';
  return (
    <section class="card counts">
      {isRunning && (
        <>
          {imported.state === 'running' && <p>{words.runningLead}</p>}
          <label for="progress">{fill(words.progress, { done, total })}</label>
          <progress id="progress" value={done} max={total} />
          <noscript>
            <p>
              <a href={`${importHome}/${imported.id}`}>{words.reload}</a>
            </p>
          </noscript>
        </>
      )}
      {imported.state === 'finished' && <p>{words.doneLead}</p>}
      <dl>
        {imported.state === 'checked' ? null : (
          <Count of={counts.accepted} called={words.accepted} kind="good" />
        )}
        {left > 0 && (
          <Count of={left} called={imported.state === 'checked' ? words.ready : words.left} kind="good" />
        )}
        <Count of={counts.duplicate} called={words.duplicates} kind="" />
        <Count of={counts.refused} called={words.refused} kind={counts.refused > 0 ? 'bad' : ''} />
      </dl>
    </section>
  );
}

const Count = ({
  of,
  called,
  kind,
}: {
  readonly of: number;
  readonly called: string;
  readonly kind: string;
}) => (
  <div class={kind}>
    <dt>{called}</dt>
    <dd>{String(of)}</dd>
  </div>
);

function StartForm({ view, csrfToken, imported, counts }: ImportPageProps) {
  const words = importPageWords[view.speech.language];
  const home = `${importHome}/${imported.id}`;
  return (
    <>
      {counts.pending === 0 ? (
        <p>{words.nothingToRun}</p>
      ) : (
        <form method="post" action={`${home}/jalankan`}>
          <input type="hidden" name="csrf" value={csrfToken} />
          {imported.mapping.includes('files') && (
            <fieldset>
              <legend>{words.withoutFile}</legend>
              {counts.fileProblems > 0 && (
                <p class="problem">{fill(words.fileProblems, { count: counts.fileProblems })}</p>
              )}
              {(['send', 'leave'] as const).map((choice) => (
                <div class="choice">
                  <input
                    type="radio"
                    id={`tanpa-${choice}`}
                    name="withoutFile"
                    value={choice}
                    checked={imported.withoutFile === choice}
                  />
                  <label for={`tanpa-${choice}`}>{words[choice]}</label>
                </div>
              ))}
            </fieldset>
          )}
          <button type="submit">{fill(words.start, { count: counts.pending })}</button>
        </form>
      )}
      <p class="step">
        <a href={`${home}?ubah=kolom`}>{words.changeColumns}</a>
      </p>
    </>
  );
}

function Act({
  csrfToken,
  imported,
  to,
  quiet = false,
  children,
}: Pick<ImportPageProps, 'csrfToken' | 'imported'> & {
  readonly to: 'henti' | 'jalankan' | 'hapus';
  readonly quiet?: boolean;
  readonly children?: string;
}) {
  return (
    <form method="post" action={`${importHome}/${imported.id}/${to}`}>
      <input type="hidden" name="csrf" value={csrfToken} />
      <button type="submit" class={quiet ? 'quiet' : ''}>
        {children}
      </button>
    </form>
  );
}

function Result({ view, imported }: ImportPageProps) {
  const words = importPageWords[view.speech.language];
  return (
    <section class="result">
      <p>
        <a class="button" href={`${importHome}/${imported.id}/hasil.csv`}>
          {words.result}
        </a>
      </p>
      <p class="hint">{words.resultHint}</p>
    </section>
  );
}

function Erase(props: ImportPageProps) {
  const { view, imported, headings } = props;
  const words = importPageWords[view.speech.language];
  if (headings === null) return <p class="hint">{words.erased}</p>;
  return (
    <section>
      <p class="hint">{fill(words.eraseHint, { until: view.speech.moment(imported.expiresAt) })}</p>
      <Act {...props} to="hapus" quiet>
        {words.erase}
      </Act>
    </section>
  );
}

function Problems({ view, imported, headings, summary, rows, page, pages }: ImportPageProps) {
  const { language } = view.speech;
  const words = importPageWords[language];
  const { problems, column: column_, otherRow } = importWords[language];
  const known = headings ?? [];
  const left = known.filter((_, index) => imported.mapping[index] == null);
  const home = `${importHome}/${imported.id}`;
  return (
    <>
      {left.length > 0 && imported.state === 'checked' && (
        <p class="hint">
          <bdi>
            {fill(words.ignoredTold, { columns: left.map((heading) => shorten(heading, 40)).join(', ') })}
          </bdi>
        </p>
      )}
      {rows.length === 0 ? (
        imported.state === 'checked' && <p>{words.noProblems}</p>
      ) : (
        <>
          <section>
            <h2>{words.summary}</h2>
            <ul class="found">
              {summary.map(({ column, code, count }) => (
                <li>
                  <strong>{String(count)}</strong> <Where headings={known} column={column} said={column_} />{' '}
                  {problems[code].replace(language === 'id' ? 'baris {row}' : 'row {row}', otherRow)}
                </li>
              ))}
            </ul>
          </section>
          <section>
            <h2>{words.perRow}</h2>
            <p class="hint">{words.perRowHint}</p>
            <ol class="found rows">
              {rows.map(({ row, cells }) => (
                <li>
                  <h3>{`${words.number} ${row.number}`}</h3>
                  <ul>
                    {row.problems.map((problem) => (
                      <li>
                        <bdi class="problem">{sayProblem(language, problem, known)}</bdi>
                        {problem.column !== null && (cells[problem.column] ?? '') !== '' && (
                          <bdi class="cell">{shorten(cells[problem.column] ?? '', 120)}</bdi>
                        )}
                      </li>
                    ))}
                  </ul>
                </li>
              ))}
            </ol>
            {pages > 1 && (
              <p class="pages">
                {page > 1 && <a href={`${home}?hal=${page - 1}`}>{words.previous}</a>}{' '}
                <span>{fill(words.page, { page, pages })}</span>{' '}
                {page < pages && <a href={`${home}?hal=${page + 1}`}>{words.next}</a>}
              </p>
            )}
          </section>
        </>
      )}
    </>
  );
}

function Where({
  headings,
  column,
  said,
}: {
  readonly headings: readonly string[];
  readonly column: number | null;
  readonly said: string;
}) {
  if (column === null) return null;
  return <bdi>{`${shorten(headings[column] ?? '', 40)} (${said} ${columnLetters(column)}):`}</bdi>;
}
