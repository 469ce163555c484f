import type { MailAddress } from '../../../src/domain/mail.ts';

/** Where mail of ours is handed in, and as whom. */
export type MailAccount = {
  readonly server: MailServer;
  readonly from: MailAddress;
  /** Where replies and bounces go, plus-addressed. */
  readonly base: string;
  readonly dkim: DkimKey | null;
  /** Where citizens reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
};

export type MailServer = {
  readonly host: string;
  readonly port: number;
  /**
   * `wrapped`: from the first byte; `starttls`: before anything is said; `none`: on this machine, where nobody listens. With
   * a user there is STARTTLS there too, where the server offers it, whatever its certificate.
   */
  readonly tls: 'wrapped' | 'starttls' | 'none';
  readonly user: { readonly name: string; readonly password: string } | null;
};

export type DkimKey = {
  readonly domain: string;
  readonly selector: string;
  /** RSA, in PEM. */
  readonly privateKey: string;
};
