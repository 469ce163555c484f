import type { Clock } from './server.ts';

export type User = {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly createdAt: Date;
};

export type UserDraft = { readonly handle: string; readonly name?: string; readonly id?: string };

export type Users = ReturnType<typeof createUsers>;

const first = 2_026_000_001;

/** Everybody who has an account. Handles are equal whatever their case. */
export function createUsers(clock: Clock) {
  const byId = new Map<string, User>();
  const byHandle = new Map<string, User>();

  function add({ handle, name = handle, id = String(first + byId.size) }: UserDraft): User {
    const known = byHandle.get(handle.toLowerCase());
    if (known !== undefined) byId.delete(known.id);
    const user = { id: known?.id ?? id, username: handle, name, createdAt: new Date(clock()) };
    byId.set(user.id, user);
    byHandle.set(handle.toLowerCase(), user);
    return user;
  }

  const findByHandle = (handle: string): User | null => byHandle.get(handle.toLowerCase()) ?? null;

  return {
    add,
    find: (id: string): User | null => byId.get(id) ?? null,
    findByHandle,
    /** On X nearly every handle that one can think of belongs to somebody. */
    get: (handle: string): User => findByHandle(handle) ?? add({ handle }),
  };
}
