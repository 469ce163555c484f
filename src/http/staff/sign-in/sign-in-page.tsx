import { Field } from '../../pages/field.tsx';
import type { View } from '../../pages/layout.tsx';
import { signInPath } from '../paths.ts';
import { StaffDoorLayout } from '../staff-door-layout.tsx';
import { Alert } from './alert.tsx';
import { signInWords } from './words.ts';

export type SignInNews =
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'said'; readonly what: 'signedOut' | 'allSignedOut' | 'ready' }
  | {
      readonly kind: 'sso';
      readonly why: 'ssoDenied' | 'ssoExpired' | 'ssoUnknown' | 'ssoAway';
    };

type SignInProps = {
  readonly view: View;
  readonly csrfToken: string;
  /** What was typed before; never the password or the code. */
  readonly login: string;
  readonly returnPath: string;
  /** What the button to sign in elsewhere calls it; null where there is none. */
  readonly sso: string | null;
  readonly news: SignInNews | null;
};

/** Where staff sign in: login, password and code in one form, so that no answer tells which of them was right. */
export function SignInPage({ view, csrfToken, login, returnPath, sso, news }: SignInProps) {
  const words = signInWords[view.speech.language];
  return (
    <StaffDoorLayout view={view} title={words.title}>
      <h1>{words.title}</h1>
      {news === null ? <p class="lead">{words.lead}</p> : <News view={view} news={news} sso={sso ?? ''} />}
      <form method="post" action={signInPath} class="narrow">
        <input type="hidden" name="csrf" value={csrfToken} />
        <input type="hidden" name="lanjut" value={returnPath} />
        <Field id="login" label={words.login} hint={words.loginHint}>
          {(control) => (
            <input
              {...control}
              type="text"
              value={login}
              required
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              maxlength={254}
            />
          )}
        </Field>
        <Field id="password" label={words.password}>
          {(control) => (
            <input {...control} type="password" required autocomplete="current-password" maxlength={1000} />
          )}
        </Field>
        <Field id="code" label={words.code} hint={words.codeHint}>
          {(control) => (
            <input
              {...control}
              type="text"
              autocomplete="one-time-code"
              autocapitalize="none"
              spellcheck={false}
              maxlength={30}
            />
          )}
        </Field>
        <button type="submit">{words.button}</button>
      </form>
      {sso !== null && (
        <section class="other-way">
          <h2>{words.or}</h2>
          <a class="quiet" href={`${signInPath}/sso?${new URLSearchParams({ lanjut: returnPath })}`}>
            {view.speech.say(words.sso, { name: sso })}
          </a>
        </section>
      )}
      <p class="aside-link">
        <a href="/lapor">{words.report}</a>
      </p>
    </StaffDoorLayout>
  );
}

function News({ view, news, sso }: { readonly view: View; readonly news: SignInNews; readonly sso: string }) {
  const words = signInWords[view.speech.language];
  const { say } = view.speech;
  switch (news.kind) {
    case 'said':
      return (
        <p class="lead" role="status">
          {words[news.what]}
        </p>
      );
    case 'wrong':
      return (
        <Alert title={words.wrong}>
          <p>{words.wrongText}</p>
        </Alert>
      );
    case 'wait':
      return (
        <Alert title={words.wait}>
          <p>{say(words.waitText, { seconds: news.seconds })}</p>
        </Alert>
      );
    case 'sso':
      return (
        <Alert title={say(words.ssoFailed, { name: sso })}>
          <p>{words[news.why]}</p>
        </Alert>
      );
  }
}
