import type { Validator } from 'typebox/compile';
import { AppError, type FieldProblem } from '../errors.ts';

/** More field problems than this are cut: the sender mends these first. */
const shown = 20;

/**
 * The input as the schema's type. Throws `AppError` `invalid` naming every field that is wrong, or what `explain`
 * makes of the fields. Values are never repeated in the error: they may be personal data.
 */
export function validate<T>(
  validator: Validator,
  input: unknown,
  explain: (fields: readonly FieldProblem[]) => AppError | undefined = () => undefined,
): T {
  if (validator.Check(input)) return input as T;
  const fields = validator.Errors(input).flatMap((error): FieldProblem[] => {
    if (error.keyword !== 'required') return [{ path: error.instancePath, problem: error.message }];
    return error.params.requiredProperties.map((name) => ({
      path: `${error.instancePath}/${name}`,
      problem: 'must be given',
    }));
  });
  throw (
    explain(fields) ??
    new AppError('invalid', 'some fields are missing or have the wrong form', {
      fields: fields.slice(0, shown),
    })
  );
}
