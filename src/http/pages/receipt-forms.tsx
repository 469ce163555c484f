import type { Child } from 'hono/jsx';
import { ratings } from '../../domain/progress.ts';
import type { Speech } from '../messages/speech.ts';
import { FileInput, type FormFiles, KeptFiles } from './attachments-field.tsx';
import { describedBy, Field, Notes } from './field.tsx';
import { Layout, type View } from './layout.tsx';

const additionFormId = 'tambah';
const ratingFormId = 'nilai';

type FormProps = {
  readonly speech: Speech;
  readonly receipt: string;
  readonly csrfToken: string;
  /** What is wrong with what was sent. */
  readonly problem?: string | undefined;
};

type AdditionFormProps = FormProps & {
  /** Names this filling-in of the form: sent twice, it adds once. */
  readonly token: string;
  readonly text?: string;
  readonly files: FormFiles;
  readonly fileProblem?: string | undefined;
};

/** Asks what there is to add to the report: words, files, or both. */
export function AdditionForm(props: AdditionFormProps) {
  const { speech, receipt, csrfToken, token, text = '', problem, files, fileProblem } = props;
  const words = speech.words.addition;
  return (
    <form
      id={additionFormId}
      method="post"
      action={`/terima/${receipt}/tambah`}
      enctype="multipart/form-data"
      novalidate
    >
      <input type="hidden" name="csrf" value={csrfToken} />
      <input type="hidden" name="token" value={token} />
      <Field id="text" label={words.field} hint={words.hint} problem={problem}>
        {(control) => (
          <textarea {...control} rows={5} autofocus={problem !== undefined}>
            {text}
          </textarea>
        )}
      </Field>
      <KeptFiles speech={speech} files={files} />
      <FileInput
        speech={speech}
        files={files}
        optional={speech.words.form.optional}
        problem={fileProblem}
        autofocus={problem === undefined && fileProblem !== undefined}
      />
      <button type="submit">{words.submit}</button>
    </form>
  );
}

type RatingFormProps = FormProps & { readonly rating: number | null };

/** Asks for a judgement of the outcome, 1 to 5. */
export function RatingForm({ speech, receipt, csrfToken, rating, problem }: RatingFormProps) {
  const words = speech.words.rating;
  return (
    <form id={ratingFormId} method="post" action={`/terima/${receipt}/nilai`} novalidate>
      <input type="hidden" name="csrf" value={csrfToken} />
      <fieldset id="rating" {...describedBy('rating', undefined, problem)}>
        <legend>{words.legend}</legend>
        <Notes id="rating" problem={problem} />
        {ratings.map((value) => (
          <div class="choice">
            <input
              type="radio"
              name="rating"
              id={`rating-${value}`}
              value={value}
              checked={value === rating}
              autofocus={problem !== undefined && value === ratings[0]}
            />
            <label for={`rating-${value}`}>{words[`rating${value}`]}</label>
          </div>
        ))}
      </fieldset>
      <button type="submit">{words.submit}</button>
    </form>
  );
}

/** What keeps a form from being taken, which is then shown again. */
export type Obstacle = 'expired' | 'unavailable' | 'tooEarly';

type AgainProps = {
  readonly view: View;
  readonly csrfToken: string;
  readonly receipt: string;
  readonly obstacle: Obstacle | null;
  readonly problem?: string | undefined;
};

/** The form alone with all that was typed: it can be shown even while nothing can be read of the report. */
export function AdditionAgainPage(
  props: AgainProps & {
    readonly token: string;
    readonly text: string;
    readonly files: FormFiles;
    readonly fileProblem?: string | undefined;
  },
) {
  const words = props.view.speech.words.addition;
  return (
    <AgainPage
      {...props}
      problem={props.problem ?? props.fileProblem}
      title={words.title}
      formId={additionFormId}
      obstacle={props.obstacle && words[props.obstacle]}
    >
      <AdditionForm {...props} speech={props.view.speech} />
    </AgainPage>
  );
}

export function RatingAgainPage(props: AgainProps & { readonly rating: number | null }) {
  const words = props.view.speech.words.rating;
  return (
    <AgainPage
      {...props}
      title={words.title}
      formId={ratingFormId}
      obstacle={props.obstacle && words[props.obstacle]}
    >
      <RatingForm {...props} speech={props.view.speech} />
    </AgainPage>
  );
}

function AgainPage(props: {
  readonly view: View;
  readonly receipt: string;
  readonly title: string;
  readonly formId: string;
  readonly obstacle: string | null;
  readonly problem?: string | undefined;
  readonly children: Child;
}) {
  const { receipt, problems } = props.view.speech.words;
  const title = props.problem === undefined ? props.title : `${problems.titlePrefix} ${props.title}`;
  return (
    <Layout view={props.view} title={title} languageForm={props.formId}>
      <h1>{props.title}</h1>
      {props.obstacle !== null && (
        <div class="alert" role="alert" tabindex={-1} autofocus>
          <p>{props.obstacle}</p>
        </div>
      )}
      {props.children}
      <p>
        <a class="link" href={`/terima/${props.receipt}`}>
          {receipt.back}
        </a>
      </p>
    </Layout>
  );
}
