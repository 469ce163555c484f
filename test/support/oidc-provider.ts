import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export type OidcProvider = {
  readonly issuer: string;
  /** What the provider says of whom, by subject. */
  readonly accounts: Map<string, { readonly email?: string; readonly email_verified?: boolean }>;
  /** Goes where the gateway sent the browser, signs in there as `subject` and agrees, or does not; answers with the address back. */
  readonly visit: (url: string, subject: string, agrees?: boolean) => Promise<string>;
  readonly stop: () => Promise<void>;
};

export const client = { id: 'lapor-gateway', secret: 'rahasia-klien-uji-coba' };

/** The real oidc-provider on loopback, with the forms it has for development. */
export async function startOidcProvider(redirectUri: string): Promise<OidcProvider> {
  const accounts: OidcProvider['accounts'] = new Map();
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    cookies: { keys: ['kunci-uji-coba'] },
    findAccount: async (_context, subject) => ({
      accountId: subject,
      claims: async () => ({ sub: subject, ...accounts.get(subject) }),
    }),
  });
  server.on('request', provider.callback());

  async function visit(start: string, subject: string, agrees = true): Promise<string> {
    const cookies = new Map<string, string>();
    let url = start;
    let form: URLSearchParams | null = null;
    for (let steps = 0; steps < 20; steps += 1) {
      const answer: Response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form !== null && { method: 'POST', body: form }),
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        cookies.set(name, value);
      }
      const body = await answer.text();
      const location = answer.headers.get('location');
      form = null;
      if (location !== null) {
        url = new URL(location, url).href;
        if (url.startsWith(redirectUri)) return url;
        continue;
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(body)?.[1];
      if (prompt === undefined)
        throw new Error(`the provider answered ${answer.status}: ${body.slice(0, 500)}`);
      if (!agrees) {
        url = new URL(/href="([^"]*\/abort)"/.exec(body)?.[1] ?? '', url).href;
        continue;
      }
      url = new URL(/<form[^>]*action="([^"]+)"/.exec(body)?.[1] ?? '', url).href;
      form = new URLSearchParams({
        prompt,
        ...(prompt === 'login' && { login: subject, password: 'apa saja' }),
      });
    }
    throw new Error('the provider never sent the browser back');
  }

  return {
    issuer,
    accounts,
    visit,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
