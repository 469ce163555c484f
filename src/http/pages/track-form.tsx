import { Field } from './field.tsx';

type TrackFormProps = {
  readonly label: string;
  readonly submit: string;
  readonly hint?: string;
  readonly typed?: string;
  readonly problem?: string | undefined;
};

/** Asks for a tracking ID or a receipt code; sent as a GET, so that the answer has an address to come back to. */
export function TrackForm({ label, submit, hint, typed, problem }: TrackFormProps) {
  return (
    <search>
      <form class="track" method="get" action="/lacak">
        <Field id="id" label={label} hint={hint} problem={problem}>
          {(control) => (
            <input
              {...control}
              type="text"
              value={typed}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
            />
          )}
        </Field>
        <button type="submit">{submit}</button>
      </form>
    </search>
  );
}
