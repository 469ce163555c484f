import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import { findAddress, isThisMachine } from './addresses.ts';

/** A quarter of the connections there may be: who only watches must not keep out who reports. */
const maxStreams = 500;
/** Mobile networks put many people behind one address; who finds none free asks from time to time instead. */
const maxPerAddress = 20;

/** Takes a place among the answers that stay open, and gives it back; throws `AppError` `too-many-requests` where none is left. */
export type TakeStream = (request: FastifyRequest) => () => void;

export function limitStreams(believesProxy: boolean): TakeStream {
  const open = new Map<string, number>();
  let total = 0;

  return (request) => {
    const address = findAddress(request);
    const count = open.get(address) ?? 0;
    const isTooMany = count >= maxPerAddress && !isThisMachine(request, believesProxy);
    if (isTooMany || total >= maxStreams) {
      throw new AppError('too-many-requests', 'too many are watching; ask again from time to time instead');
    }
    open.set(address, count + 1);
    total += 1;
    return () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
      total -= 1;
    };
  };
}
