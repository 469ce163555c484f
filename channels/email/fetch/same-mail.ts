import { createHash } from 'node:crypto';

/**
 * What tells one mail from another, whichever way and however often it was delivered. Servers on the way put lines into
 * the header and change others, so only those that its writer made count. Message-IDs alone tell nothing: programs use one
 * for several mails, or none.
 */

/** Fields that the mail has from its writer. */
const lasting = ['message-id', 'from', 'to', 'cc', 'subject', 'date', 'content-type'] as const;

/** Beyond that a header is no header any more: the rest counts as body. */
const maxHeaderBytes = 1024 * 1024;
const chunkBytes = 1024 * 1024;

export type MailMarks = {
  /** As it stands there, with angle brackets; null where there is none. */
  readonly messageId: string | null;
  /** The address in From; null where it cannot be read at a glance. */
  readonly from: string | null;
  /** Equal for two deliveries of one mail. */
  readonly sameAs: Buffer;
};

export function readMarks(raw: Buffer): MailMarks {
  const bodyStart = findBody(raw);
  const fields = readFields(raw.toString('latin1', 0, Math.min(bodyStart, maxHeaderBytes)));
  const first = (name: string) => fields.find((field) => field.name === name)?.value ?? '';
  const hash = createHash('sha256');
  for (const name of lasting) {
    // As a list, so that what one field says cannot be taken for another.
    const values = fields.filter((field) => field.name === name).map((field) => field.value);
    hash.update(`${JSON.stringify([name, ...values])}\n`);
  }
  hashBody(hash, raw.subarray(Math.min(bodyStart, maxHeaderBytes)));
  const messageId = first('message-id').slice(0, 998);
  return {
    messageId: messageId === '' ? null : messageId,
    from: readAddress(first('from')),
    sameAs: Buffer.concat([Buffer.from(`${messageId}\0`, 'latin1'), hash.digest()]),
  };
}

/** Where the empty line after the header ends; the end where there is none. */
function findBody(raw: Buffer): number {
  if (raw[0] === 10) return 1;
  if (raw[0] === 13 && raw[1] === 10) return 2;
  const ends = ['\n\r\n', '\n\n'].flatMap((mark) => {
    const at = raw.indexOf(mark, 0, 'latin1');
    return at === -1 ? [] : [at + mark.length];
  });
  return Math.min(raw.length, ...ends);
}

type Field = { readonly name: string; readonly value: string };

/** Unfolded, with white space as one blank each: servers fold lines anew. */
function readFields(header: string): readonly Field[] {
  return header
    .replace(/\r?\n(?=[ \t])/g, ' ')
    .split(/\r?\n/)
    .flatMap((line) => {
      const colon = line.indexOf(':');
      if (colon === -1) return [];
      const name = line.slice(0, colon).trim().toLowerCase();
      return [
        {
          name,
          value: line
            .slice(colon + 1)
            .replace(/[ \t]+/g, ' ')
            .trim(),
        },
      ];
    });
}

/** Line ends are changed on the way, and blank lines come and go at the end. */
function hashBody(hash: ReturnType<typeof createHash>, body: Buffer): void {
  let end = body.length;
  while (end > 0 && (body[end - 1] === 10 || body[end - 1] === 13)) end -= 1;
  let start = 0;
  while (start < end) {
    let stop = Math.min(end, start + chunkBytes);
    // A line end is not taken apart.
    while (stop < end && body[stop - 1] === 13) stop += 1;
    hash.update(body.toString('latin1', start, stop).replaceAll('\r\n', '\n'), 'latin1');
    start = stop;
  }
}

/** The only address there, or the one in angle brackets. What is more complicated is left to whoever reads the mail. */
function readAddress(from: string): string | null {
  const [, address] = /^[^<>@]*<([^\s<>@"(),:;]+@[^\s<>@"(),:;]+)>$|^$/.exec(from) ?? [];
  const found = address ?? /^[^\s<>@"(),:;]+@[^\s<>@"(),:;]+$/.exec(from)?.[0];
  return found === undefined || found.length > 254 ? null : found.toLowerCase();
}
