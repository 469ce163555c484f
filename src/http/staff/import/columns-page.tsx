import { type Import, importFields, type Mapping } from '../../../domain/import.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { columnLetters, importWords } from '../../../import/words.ts';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { importHome } from './list-page.tsx';
import { importPageWords } from './words.ts';

type Props = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly imported: Import;
  readonly mapping: Mapping;
  readonly headings: readonly string[];
  /** The first rows. */
  readonly samples: readonly (readonly string[])[];
  /** What stands in the way, in words. */
  readonly problems: readonly string[];
};

/** What each column is: guessed, and for the member of staff to change. */
export function ColumnsPage({
  view,
  staff,
  csrfToken,
  imported,
  mapping,
  headings,
  samples,
  problems,
}: Props) {
  const { language } = view.speech;
  const words = importPageWords[language];
  const { fields } = importWords[language];
  return (
    <StaffLayout view={view} staff={staff} title={words.columnsTitle} csrfToken={csrfToken}>
      <p class="step">
        <a href={importHome}>{words.back}</a>
      </p>
      <h1>{words.columnsTitle}</h1>
      <p class="lead">{words.columnsLead}</p>
      {problems.length > 0 && (
        <div class="alert" role="alert" tabindex={-1} autofocus>
          <ul>
            {problems.map((problem) => (
              <li class="problem">{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <form method="post" action={`${importHome}/${imported.id}/kolom`}>
        <input type="hidden" name="csrf" value={csrfToken} />
        <ol class="columns">
          {headings.map((heading, index) => (
            <li class="card">
              <label for={`kolom-${index}`}>
                <small>{`${words.column} ${columnLetters(index)}`}</small>
                <bdi>{heading === '' ? '—' : heading}</bdi>
              </label>
              <select id={`kolom-${index}`} name={`kolom-${index}`}>
                <option value="">{words.ignored}</option>
                {importFields.map((field) => (
                  <option value={field} selected={mapping[index] === field}>
                    {fields[field]}
                  </option>
                ))}
              </select>
              <p class="hint">
                {samples.flatMap((row) =>
                  row[index] === undefined || row[index] === ''
                    ? []
                    : [<bdi class="sample">{shorten(row[index] ?? '')}</bdi>],
                )}
              </p>
            </li>
          ))}
        </ol>
        <button type="submit">{words.check}</button>
      </form>
    </StaffLayout>
  );
}

export const shorten = (text: string, most = 80): string =>
  text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
