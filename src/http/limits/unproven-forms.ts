import type { FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { findAddress } from './addresses.ts';

const hourMs = 60 * 60_000;
/** Some 3 MB; beyond that the address that began first is forgotten. */
const maxAddresses = 20_000;

/** Counts one more form without proof of work, and says how many came from that address within the hour. */
export type CountUnproven = (request: FastifyRequest) => number;

/** In the memory of this process, and written down nowhere: an address leads to a person. */
export function createUnprovenCount({ clock }: Pick<Context, 'clock'>): CountUnproven {
  const counts = new Map<string, { count: number; readonly endsAt: number }>();

  return (request) => {
    const address = findAddress(request);
    const now = clock().getTime();
    const known = counts.get(address);
    if (known !== undefined && known.endsAt > now) {
      known.count += 1;
      return known.count;
    }
    counts.delete(address);
    counts.set(address, { count: 1, endsAt: now + hourMs });
    const [oldest] = counts.keys();
    if (counts.size > maxAddresses && oldest !== undefined) counts.delete(oldest);
    return 1;
  };
}
