import type { TwitterConfig } from '../../../src/config/twitter.ts';

/** By what we know that somebody means us, and that we are it. */
export type Us = {
  readonly handle: string;
  /** Hashtags and handles, with their signs. */
  readonly terms: readonly string[];
  /** Of our account; null where nothing says it. */
  readonly id: string | null;
};

/** An access token of OAuth 1.0a begins with the id of the account that it is for. */
export const createUs = ({
  account,
  terms,
  accessToken,
}: Pick<TwitterConfig, 'account' | 'terms' | 'accessToken'>): Us => ({
  handle: account,
  terms,
  id: /^(\d{1,19})-/.exec(accessToken ?? '')?.[1] ?? null,
});

export const isOurAccount = (
  us: Us,
  account: { readonly id?: string | null | undefined; readonly handle?: string | null | undefined },
): boolean =>
  (us.id !== null && account.id === us.id) || account.handle?.toLowerCase() === us.handle.toLowerCase();

/** Whether a hashtag or a name, with its sign, is what is searched for. */
export const isTerm = ({ terms }: Us, signed: string): boolean => {
  const wanted = plain(signed);
  return terms.some((term) => plain(term) === wanted);
};

/** Whether it says nothing else than that we are meant. */
export const isCall = (us: Us, signed: string): boolean =>
  isTerm(us, signed) || plain(signed) === plain(`@${us.handle}`);

const plain = (signed: string): string =>
  signed.replace(/^＃/, '#').replace(/^＠/, '@').normalize('NFC').toLowerCase();
