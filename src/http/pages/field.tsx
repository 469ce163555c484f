import type { Child } from 'hono/jsx';

/** The attributes that tie a control to its label, hint and problem. */
export type ControlAttributes = {
  readonly id: string;
  readonly name: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: 'true';
};

type FieldProps = {
  /** Name of the form field and id of its control. */
  readonly id: string;
  readonly label: string;
  /** Words after the label saying that the field may stay empty. */
  readonly optional?: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly children: (control: ControlAttributes) => Child;
};

/** A label, what helps to fill the field in, what is wrong with it, and its one control. */
export function Field({ id, label, optional, hint, problem, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>
        {label} {optional !== undefined && <span class="optional">{optional}</span>}
      </label>
      <Notes id={id} hint={hint} problem={problem} />
      {children({ id, name: id, ...describedBy(id, hint, problem) })}
    </div>
  );
}

/** The hint and problem that `describedBy` points at. */
export function Notes({ id, hint, problem }: Pick<FieldProps, 'id' | 'hint' | 'problem'>) {
  return (
    <>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </>
  );
}

export function describedBy(
  id: string,
  hint: string | undefined,
  problem: string | undefined,
): Pick<ControlAttributes, 'aria-describedby' | 'aria-invalid'> {
  const notes = [
    ...(hint === undefined ? [] : [`${id}-hint`]),
    ...(problem === undefined ? [] : [`${id}-problem`]),
  ];
  return {
    ...(notes.length > 0 && { 'aria-describedby': notes.join(' ') }),
    ...(problem !== undefined && { 'aria-invalid': 'true' }),
  };
}
