import type { Source } from '../../channel.ts';
import { type AccessTokens, createAccessTokens } from './access-token.ts';
import { type Mailbox, type MailboxEntry, toMailbox } from './mailbox.ts';
import { readMailboxesFile, stampOf, writeMailboxesFile } from './mailboxes-file.ts';
import { createRoom } from './room.ts';
import { createMailboxSource } from './source.ts';

/** What all mailboxes of a process hold of mails at a time; in memory each byte is there some six times, until it is stored. */
const roomBytes = 32 * 1024 * 1024;

/**
 * The mailboxes of the file as they are set up now: the same source as long as its settings are the same. Throws `AppError`
 * `config` where the file cannot be used.
 */
export function createMailboxSources(file: string): () => Promise<readonly Source[]> {
  const room = createRoom(roomBytes);
  let stamp: string | null = null;
  let present: ReadonlyMap<string, Source> = new Map();

  return async () => {
    const found = await stampOf(file);
    if (found !== null && found === stamp) return [...present.values()];
    // Kept for next time only once it could be read.
    const entries = await readMailboxesFile(file);
    const next = new Map<string, Source>();
    for (const entry of entries) {
      const key = settingsOf(entry);
      next.set(key, present.get(key) ?? createSource(toMailbox(entry)));
    }
    present = next;
    stamp = found;
    return [...present.values()];
  };

  function createSource(mailbox: Mailbox): Source {
    return createMailboxSource(mailbox, { room, tokens: createTokens(mailbox, file) });
  }
}

/** Whose mail comes to us; empty where the file cannot be used, which `createMailboxSources` tells. */
export async function listMailboxAddresses(file: string): Promise<readonly string[]> {
  const entries = await readMailboxesFile(file).catch(() => []);
  return entries.map(({ user }) => user).filter((user) => user.includes('@'));
}

/** A refresh token that took the place of another makes no other mailbox. */
function settingsOf({ oauth2, ...entry }: MailboxEntry): string {
  return JSON.stringify([entry, oauth2 === undefined ? null : { ...oauth2, refreshToken: null }]);
}

export function createTokens({ name, login }: Mailbox, file: string | null): AccessTokens | null {
  if (login.kind !== 'oauth2') return null;
  return createAccessTokens(login, async (refreshToken) => {
    if (file === null) return;
    const entries = await readMailboxesFile(file);
    await writeMailboxesFile(
      file,
      entries.map((entry) =>
        entry.name === name && entry.oauth2 !== undefined
          ? { ...entry, oauth2: { ...entry.oauth2, refreshToken } }
          : entry,
      ),
    );
  });
}
