import { AppError } from '../../src/errors.ts';

/** The body of a provider that sends JSON. Throws `AppError` `malformed` where it is none, or none in UTF-8. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new AppError('malformed', 'the body is not JSON in UTF-8', { cause: error });
  }
}

/** Text of whatever stands where a text should: what cannot be read any better is kept as it is. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
