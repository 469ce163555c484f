import type { FastifyInstance } from 'fastify';

type Answer = {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};

/** Who visits an app as a browser without scripts would: with the cookies it was given, and the token of the form it has seen. */
export type Visitor = {
  readonly get: (url: string) => Promise<Answer>;
  /** Sends a form with the token of the page that was shown last, unless `fields` has one. */
  readonly post: (
    url: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  readonly cookies: Map<string, string>;
};

export function createVisitor(
  app: FastifyInstance,
  {
    address = '127.0.0.1',
    cookies = new Map<string, string>(),
  }: { address?: string; cookies?: Map<string, string> } = {},
): Visitor {
  let csrf = '';

  async function ask(
    method: 'GET' | 'POST',
    url: string,
    payload: string | null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await app.inject({
      method,
      url,
      remoteAddress: address,
      headers: {
        accept: 'text/html',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(payload !== null && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      ...(payload !== null && { payload }),
    });
    for (const { name, value, maxAge, expires } of answer.cookies) {
      if (maxAge === 0 || (expires !== undefined && expires.getTime() <= 0) || value === '')
        cookies.delete(name);
      else cookies.set(name, value);
    }
    csrf = /name="csrf" value="([^"]*)"/.exec(answer.body)?.[1] ?? csrf;
    return {
      status: answer.statusCode,
      location: answer.headers.location,
      body: answer.body,
      headers: answer.headers,
    };
  }

  return {
    cookies,
    get: (url) => ask('GET', url, null),
    post: (url, fields = {}, headers) =>
      ask('POST', url, new URLSearchParams({ csrf, ...fields }).toString(), headers),
  };
}
