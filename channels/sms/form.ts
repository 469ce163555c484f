import type { InboundRequest } from '../channel.ts';

/** One parameter, percent-decoded. Its value stays bytes: only the provider knows the charset. */
export type Parameter = { readonly name: string; readonly value: Buffer };

/** Of a query string or an `application/x-www-form-urlencoded` body, in the order they were sent. */
export function parseForm(form: string): readonly Parameter[] {
  return form
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1);
      return { name: decodePercent(name).toString(), value: decodePercent(pair.slice(name.length + 1)) };
    });
}

/** A `%` without two hexadecimal digits after it stands for itself. */
function decodePercent(raw: string): Buffer {
  const bytes = raw
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** Whether the body is a form, as its content type says. */
export function isForm({ method, headers }: InboundRequest): boolean {
  return method === 'POST' && /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}

/** As `Map`: where a name is given twice the first counts. */
export function firstOfEach(parameters: readonly Parameter[]): ReadonlyMap<string, Buffer> {
  return new Map([...parameters].reverse().map(({ name, value }) => [name, value]));
}
