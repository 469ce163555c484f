import type { View } from '../pages/layout.tsx';
import { signInPath, staffHome } from './paths.ts';
import { StaffDoorLayout } from './staff-door-layout.tsx';
import { staffWords } from './words.ts';

type LostFormProps = {
  readonly view: View;
  readonly why: 'signed-out' | 'not-ours';
  /** Where the form was sent to. */
  readonly action: string;
  /** What was typed; none where it cannot be handed back. */
  readonly fields: readonly (readonly [string, string])[];
  /** Files came with it, which are not kept. */
  readonly hasFiles: boolean;
};

/** What is shown instead of losing a form. */
export function LostFormPage({ view, why, action, fields, hasFiles }: LostFormProps) {
  const words = staffWords[view.speech.language].lost;
  const title = why === 'signed-out' ? words.signedOut : words.notOurs;
  return (
    <StaffDoorLayout view={view} title={title}>
      <h1>{title}</h1>
      {why === 'signed-out' ? (
        <SignedOut view={view} action={action} fields={fields} hasFiles={hasFiles} />
      ) : (
        <NotOurs view={view} fields={fields} />
      )}
    </StaffDoorLayout>
  );
}

function SignedOut({ view, action, fields, hasFiles }: Omit<LostFormProps, 'why'>) {
  const words = staffWords[view.speech.language].lost;
  const signIn = (
    <a class="button" href={signInPath} target="_blank" rel="noopener">
      {words.signIn}
    </a>
  );
  if (fields.length === 0) {
    return (
      <>
        <p class="lead">{words.files}</p>
        {signIn}
      </>
    );
  }
  return (
    <>
      <p class="lead">{words.signedOutLead}</p>
      <ol>
        <li>{words.step1}</li>
        <li>{words.step2}</li>
      </ol>
      {hasFiles && <p>{words.filesAgain}</p>}
      <p>{signIn}</p>
      <form method="post" action={action}>
        {fields.map(([name, value]) => (
          <textarea name={name} hidden>
            {/* HTML drops one newline at the beginning */}
            {`\n${value}`}
          </textarea>
        ))}
        <button type="submit" class="quiet">
          {words.again}
        </button>
      </form>
    </>
  );
}

/** Worth copying by hand; less is typed again sooner. */
const shortestWorth = 15;

function NotOurs({ view, fields }: Pick<LostFormProps, 'view' | 'fields'>) {
  const words = staffWords[view.speech.language].lost;
  const written = fields.filter(([name, value]) => isWritten(name) && value.length >= shortestWorth);
  return (
    <>
      <p class="lead">{words.notOursLead}</p>
      <a class="button" href={staffHome}>
        {words.back}
      </a>
      {written.length > 0 && (
        <section>
          <h2>{words.typed}</h2>
          {written.map(([name, value]) => (
            <textarea readonly rows={6} aria-label={name}>
              {`\n${value}`}
            </textarea>
          ))}
        </section>
      )}
    </>
  );
}

/** Tokens, and what nobody should see on a screen. */
const isWritten = (name: string): boolean =>
  !/^(csrf|token|proof|opened)$|password|sandi|code|kode/i.test(name);
