import type { FetchedMail } from './fetch-mails.ts';
import type { Mailbox } from './mailbox.ts';

/**
 * What is taken in the stead of a mail that the server does not give: its header, where that can be had, and a note for
 * whoever reads it. It says that it is cut, so nobody takes it for the whole.
 */
export function writeNote(
  header: FetchedMail | null,
  {
    uid,
    mailbox,
    uidValidity,
  }: { readonly uid: number; readonly mailbox: Mailbox; readonly uidValidity: string },
): FetchedMail {
  const where = `kotak surat ${mailbox.name}, folder ${mailbox.folder}, UID ${uid} (UIDVALIDITY ${uidValidity})`;
  const note = `[Isi surel ini tidak dapat diambil dari peladen surel: ${where}. Mohon dibuka langsung di kotak surat itu.]\n`;
  // Of the header nothing may say how the body is written: it is not the one it was written for.
  const fields = header === null ? '' : withoutMime(header.raw.toString('latin1'));
  const subject = /^subject:/im.test(fields) ? '' : 'Subject: Surel yang tidak dapat diambil\r\n';
  const raw = Buffer.from(
    `${fields}${subject}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${note}`,
    'latin1',
  );
  return {
    uid,
    raw,
    arrivedAt: header?.arrivedAt ?? null,
    cutFrom: raw.length,
  };
}

/** The fields, each with its line end. */
function withoutMime(header: string): string {
  const [fields = ''] = header.split(/\r?\n\r?\n/);
  return fields
    .split(/\r?\n(?![ \t])/)
    .filter((field) => field !== '' && !/^(mime-version|content-[a-z-]+):/i.test(field))
    .map((field) => `${field}\r\n`)
    .join('');
}
