import type { StaffMember } from '../../../domain/staff.ts';
import { Field } from '../../pages/field.tsx';
import type { View } from '../../pages/layout.tsx';
import { Alert } from '../sign-in/alert.tsx';
import { invitationWords } from '../sign-in/words.ts';
import { StaffLayout } from '../staff-layout.tsx';
import { accountWords } from './words.ts';

/** What has to be mended, in words, by the field it is in. */
export type PasswordProblems = Partial<Readonly<Record<'current' | 'password' | 'repeat', string>>>;

type PasswordProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly login: string;
  readonly hasPassword: boolean;
  readonly problems: PasswordProblems;
};

export function PasswordPage({ view, staff, csrfToken, login, hasPassword, problems }: PasswordProps) {
  const words = { ...invitationWords[view.speech.language], ...accountWords[view.speech.language] };
  const fields = [
    ['current', words.current_password, 'current-password', undefined],
    ['password', words.password, 'new-password', words.passwordHint],
    ['repeat', words.repeat, 'new-password', undefined],
  ] as const;
  return (
    <StaffLayout view={view} staff={staff} title={words.passwordTitle} csrfToken={csrfToken}>
      <h1>{words.passwordTitle}</h1>
      {Object.keys(problems).length > 0 && (
        <Alert title={words.problems}>
          <ul>
            {Object.entries(problems).map(([field, problem]) => (
              <li>
                <a href={`#${field}`}>{problem}</a>
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {hasPassword ? (
        <form method="post" action="/petugas/sandi" class="narrow">
          <input type="hidden" name="csrf" value={csrfToken} />
          {/* so that whatever keeps passwords knows whose this is */}
          <input type="text" name="login" value={login} autocomplete="username" readonly hidden />
          {fields.map(([id, label, autocomplete, hint]) => (
            <Field id={id} label={label} hint={hint} problem={problems[id]}>
              {(control) => (
                <input {...control} type="password" required autocomplete={autocomplete} maxlength={1000} />
              )}
            </Field>
          ))}
          <button type="submit">{words.button}</button>
        </form>
      ) : (
        <p class="lead">{words.noPassword}</p>
      )}
    </StaffLayout>
  );
}
