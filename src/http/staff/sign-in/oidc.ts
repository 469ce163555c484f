import * as client from 'openid-client';
import type { OidcConfig } from '../../../config/staff.ts';

/** The other way in: an OpenID Connect provider, by authorization code with PKCE, state and nonce. */

/** What the browser keeps, sealed, while its user is over there. */
export type OidcJourney = {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly returnPath: string;
  /** Milliseconds since 1970. */
  readonly until: number;
};

export type OidcAccount = {
  readonly subject: string;
  /** Null where the provider has none, or does not vouch for it. */
  readonly verifiedEmail: string | null;
};

export type OidcClient = {
  /** Where to send the browser. Rejects where the provider cannot be asked. */
  readonly begin: (
    returnPath: string,
    now: Date,
  ) => Promise<{ readonly url: URL; readonly journey: OidcJourney }>;
  /** Who came back; `denied` where they or the provider did not want to. Rejects with whatever else is wrong. */
  readonly finish: (journey: OidcJourney, currentUrl: URL) => Promise<OidcAccount | 'denied'>;
};

const journeyMs = 10 * 60_000;
const answerSeconds = 5;

export function createOidcClient(settings: OidcConfig, redirectUri: string): OidcClient {
  let discovered: Promise<client.Configuration> | null = null;

  function discover(): Promise<client.Configuration> {
    discovered ??= client
      .discovery(new URL(settings.issuer), settings.clientId, settings.clientSecret, undefined, {
        timeout: answerSeconds,
        // the settings take http only of this machine
        ...(settings.issuer.startsWith('http:') && { execute: [client.allowInsecureRequests] }),
      })
      .catch((error: unknown) => {
        // it may be back the next time
        discovered = null;
        throw error;
      });
    return discovered;
  }

  return {
    begin: async (returnPath, now) => {
      const provider = await discover();
      const journey = {
        verifier: client.randomPKCECodeVerifier(),
        state: client.randomState(),
        nonce: client.randomNonce(),
        returnPath,
        until: now.getTime() + journeyMs,
      };
      const url = client.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUri,
        scope: 'openid email',
        code_challenge: await client.calculatePKCECodeChallenge(journey.verifier),
        code_challenge_method: 'S256',
        state: journey.state,
        nonce: journey.nonce,
      });
      return { url, journey };
    },
    finish: async (journey, currentUrl) => {
      const provider = await discover();
      try {
        const tokens = await client.authorizationCodeGrant(provider, currentUrl, {
          pkceCodeVerifier: journey.verifier,
          expectedState: journey.state,
          expectedNonce: journey.nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new Error('the provider gave no ID token');
        // Many say the address only when asked for it.
        const said =
          claims['email'] === undefined
            ? await client.fetchUserInfo(provider, tokens.access_token, claims.sub)
            : claims;
        const isVerified = said['email_verified'] === true && typeof said['email'] === 'string';
        return { subject: claims.sub, verifiedEmail: isVerified ? String(said['email']) : null };
      } catch (error) {
        if (error instanceof client.AuthorizationResponseError && error.error === 'access_denied') {
          return 'denied';
        }
        throw error;
      }
    },
  };
}
