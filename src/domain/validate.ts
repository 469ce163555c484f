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
  const problems = validator.Errors(input).flatMap((error): FieldProblem[] => {
    const path = error.instancePath;
    if (error.keyword === 'enum')
      return [{ path, problem: `must be one of ${error.params.allowedValues.join(', ')}` }];
    if (error.keyword === 'const') return [{ path, problem: `must be ${String(error.params.allowedValue)}` }];
    if (error.keyword !== 'required') return [{ path, problem: error.message }];
    return error.params.requiredProperties.map((name) => ({
      path: `${error.instancePath}/${name}`,
      problem: 'must be given',
    }));
  });
  // A value of the wrong type breaks every rule of its field: the first says enough.
  const named = new Set<string>();
  const fields = problems.filter(({ path }) => named.size < named.add(path).size);
  throw (
    explain(fields) ??
    new AppError('invalid', 'some fields are missing or have the wrong form', {
      fields: fields.slice(0, shown),
    })
  );
}
