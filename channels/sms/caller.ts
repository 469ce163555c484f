import { BlockList, isIP } from 'node:net';
import { AppError } from '../../src/errors.ts';
import type { InboundRequest } from '../channel.ts';
import { isEqual } from './equal.ts';

/** How a provider that signs nothing is known: by a secret in the address it calls, and by where it calls from. */
export type PathSecret = {
  readonly secret: string;
  /** Addresses, CIDR ranges or `loopback`; empty: any. */
  readonly allow: readonly string[];
};

/**
 * Makes what passes a request from that provider, else throws `AppError` `unauthenticated`, or `forbidden` where the
 * secret is right and the address is not. Whoever calls is told neither: it gets a 404.
 */
export function createVerifyCaller({ secret, allow }: PathSecret): (request: InboundRequest) => void {
  const allowed = toBlockList(allow);
  return ({ caller }) => {
    if (caller === undefined || !isEqual(caller.secret, secret)) {
      throw new AppError('unauthenticated', 'the address does not end in the secret');
    }
    const family = isIP(caller.address) === 6 ? 'ipv6' : 'ipv4';
    if (allow.length > 0 && !(isIP(caller.address) !== 0 && allowed.check(caller.address, family))) {
      throw new AppError('forbidden', 'the secret is right, but it was not called from an allowed address');
    }
  };
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges.flatMap((one) => (one === 'loopback' ? ['127.0.0.0/8', '::1'] : [one]))) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
