import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** Up to where a folder was taken. UIDs mean something only together with the UIDVALIDITY they were given under. */
export type Cursor = {
  readonly uidValidity: string;
  /** All up to this one were taken, except `unfetched`. */
  readonly lastUid: number;
  /** What the server would not give us yet; asked for again and again, and noted in its stead at last. */
  readonly unfetched: readonly Unfetched[];
};

export type Unfetched = {
  readonly uid: number;
  readonly tries: number;
  /** When it failed first, in milliseconds since 1970. */
  readonly since: number;
};

const validator = Compile(
  Type.Object({
    uidValidity: Type.String(),
    lastUid: Type.Integer({ minimum: 0 }),
    unfetched: Type.Array(
      Type.Object({
        uid: Type.Integer({ minimum: 1 }),
        tries: Type.Integer({ minimum: 0 }),
        since: Type.Number(),
      }),
    ),
  }),
);

/** Where to go on; from the beginning where the server counts anew: what was taken before is known as such. */
export function resume(saved: unknown, uidValidity: string): Cursor {
  if (validator.Check(saved)) {
    const cursor = saved as Cursor;
    if (cursor.uidValidity === uidValidity) return cursor;
  }
  return { uidValidity, lastUid: 0, unfetched: [] };
}
