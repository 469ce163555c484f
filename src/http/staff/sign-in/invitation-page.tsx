import { Field } from '../../pages/field.tsx';
import type { View } from '../../pages/layout.tsx';
import { QrCode } from '../../pages/qr-code.tsx';
import { signInPath } from '../paths.ts';
import { StaffDoorLayout } from '../staff-door-layout.tsx';
import { Alert } from './alert.tsx';
import type { TotpSecret } from './totp.ts';
import { invitationWords } from './words.ts';

/** What has to be mended, by the field it is in. */
export type SetUpProblems = Partial<
  Readonly<{
    password: 'short' | 'long' | 'common';
    repeat: 'different';
    code: 'codeWrong' | 'codeMissing';
  }>
>;

type InvitationProps = {
  readonly view: View;
  readonly csrfToken: string;
  readonly action: string;
  readonly name: string;
  readonly login: string;
  /** False where the password is there already. */
  readonly asksPassword: boolean;
  readonly isAppOptional: boolean;
  readonly totp: TotpSecret;
  readonly problems: SetUpProblems;
};

/** Where who was invited chooses a password and connects the app. */
export function InvitationPage(props: InvitationProps) {
  const { view, csrfToken, action, name, login, asksPassword, isAppOptional, totp, problems } = props;
  const words = invitationWords[view.speech.language];
  const title = asksPassword ? words.title : words.appTitle;
  const found = Object.entries(problems);
  const say = (problem: keyof typeof words | undefined) =>
    problem === undefined ? undefined : words[problem];
  return (
    <StaffDoorLayout view={view} title={title}>
      <h1>{title}</h1>
      {found.length > 0 && (
        <Alert title={words.problems}>
          <ul>
            {found.map(([field, problem]) => (
              <li>
                <a href={`#${field}`}>{words[problem]}</a>
              </li>
            ))}
          </ul>
        </Alert>
      )}
      <p class="lead">{view.speech.say(asksPassword ? words.lead : words.appLead, { name })}</p>
      <form method="post" action={action}>
        <input type="hidden" name="csrf" value={csrfToken} />
        {asksPassword && (
          <section>
            <h2>{words.passwordSection}</h2>
            <Field id="login" label={words.login}>
              {(control) => <input {...control} type="text" value={login} readonly autocomplete="username" />}
            </Field>
            <Field
              id="password"
              label={words.password}
              hint={words.passwordHint}
              problem={say(problems.password)}
            >
              {(control) => (
                <input {...control} type="password" required autocomplete="new-password" maxlength={1000} />
              )}
            </Field>
            <Field id="repeat" label={words.repeat} problem={say(problems.repeat)}>
              {(control) => (
                <input {...control} type="password" required autocomplete="new-password" maxlength={1000} />
              )}
            </Field>
          </section>
        )}
        <section>
          <h2>{words.appSection}</h2>
          <p>{words.appSteps}</p>
          {isAppOptional && <p>{words.appOptional}</p>}
          <QrCode address={totp.uri} label={words.qr} />
          <p>
            {words.key} <code class="code">{totp.text}</code>
          </p>
          <Field id="code" label={words.code} problem={say(problems.code)}>
            {(control) => (
              <input
                {...control}
                type="text"
                inputmode="numeric"
                required={!isAppOptional}
                autocomplete="one-time-code"
                maxlength={10}
              />
            )}
          </Field>
        </section>
        <button type="submit">{words.button}</button>
      </form>
    </StaffDoorLayout>
  );
}

/** What comes after it: the recovery codes, this once. */
export function InvitationDonePage({
  view,
  codes,
}: {
  readonly view: View;
  readonly codes: readonly string[];
}) {
  const words = invitationWords[view.speech.language];
  return (
    <StaffDoorLayout view={view} title={words.done}>
      <h1>{words.done}</h1>
      <p class="lead">{words.doneLead}</p>
      <ul class="codes">
        {codes.map((code) => (
          <li>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p>{words.doneHint}</p>
      <a class="button" href={`${signInPath}?siap`}>
        {words.signIn}
      </a>
    </StaffDoorLayout>
  );
}

export function InvitationGonePage({ view }: { readonly view: View }) {
  const words = invitationWords[view.speech.language];
  return (
    <StaffDoorLayout view={view} title={words.gone}>
      <h1>{words.gone}</h1>
      <p class="lead">{words.goneText}</p>
      <a class="button" href={signInPath}>
        {words.signIn}
      </a>
    </StaffDoorLayout>
  );
}
