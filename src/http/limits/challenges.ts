import { createHmac } from 'node:crypto';
import { createChallenge, randomInt, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { Challenge, Solution } from 'altcha-lib/types';
import type { DoorContext } from '../../context.ts';
import { spendChallenge } from '../../db/spent-challenges.ts';
import { describeFailure } from '../../errors.ts';

/**
 * What a browser has to find out: with which of at most `tries[1]` numbers PBKDF2 gives the key whose half it is told. A
 * cheap phone needs a second or two for it, in the background, while the form is filled in; checking it costs us one HMAC.
 */
const work = { algorithm: 'PBKDF2/SHA-256', cost: 2_000, tries: [100, 200] } as const;
const validMs = 20 * 60_000;
/** PostgreSQL being away must not hold anybody up: what was not found out in time is not proven. */
const spendWithinMs = 1_000;

export type Challenges = {
  readonly issue: () => Promise<Challenge>;
  /** True where `proof` solves a challenge of ours that has not expired, and that no other form handed in. Never throws. */
  readonly isSolved: (proof: string, formToken: string) => Promise<boolean>;
};

export function createChallenges({
  db,
  clock,
  log,
  formKey,
}: Pick<DoorContext, 'db' | 'clock' | 'log' | 'formKey'>): Challenges {
  const secretFor = (purpose: string) => createHmac('sha256', formKey).update(purpose).digest('hex');
  const secrets = {
    hmacSignatureSecret: secretFor('challenge'),
    hmacKeySignatureSecret: secretFor('solution'),
  };

  async function spend(nonce: string, formToken: string, expiresAt: Date): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, spendWithinMs, false);
    });
    const spent = spendChallenge(db, { nonce, formToken, expiresAt }, clock()).catch((error: unknown) => {
      log.debug({ event: 'challenge_not_spent', error: describeFailure(error) });
      return false;
    });
    return Promise.race([spent, tooLate]).finally(() => clearTimeout(timer));
  }

  return {
    issue: () =>
      createChallenge({
        ...secrets,
        algorithm: work.algorithm,
        cost: work.cost,
        counter: randomInt(work.tries[1], work.tries[0]),
        deriveKey,
        // Not `expiresAt`, which the library would compare with this machine's clock.
        data: { until: clock().getTime() + validMs },
      }),
    isSolved: async (proof, formToken) => {
      const handedIn = readProof(proof);
      if (handedIn === null) return false;
      const { challenge, solution } = handedIn;
      const result = await verifySolution({ ...secrets, challenge, solution, deriveKey }).catch(() => null);
      if (result?.verified !== true) return false;
      const until = Number(challenge.parameters.data?.['until']);
      if (!(until > clock().getTime())) return false;
      return spend(challenge.parameters.nonce, formToken, new Date(until));
    },
  };
}

const maxProofLength = 4_000;

/** What the script of the form hands in: challenge and solution as JSON in base64. */
function readProof(proof: string): { readonly challenge: Challenge; readonly solution: Solution } | null {
  if (proof === '' || proof.length > maxProofLength) return null;
  try {
    const { challenge, solution } = JSON.parse(Buffer.from(proof, 'base64').toString());
    // Without these the library would work out a key from parameters that nobody has signed.
    return typeof challenge?.parameters?.keySignature === 'string' ? { challenge, solution } : null;
  } catch {
    return null;
  }
}
