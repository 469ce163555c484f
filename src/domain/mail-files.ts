import type { MailFile } from './mail.ts';

/** Which files of a mail are to be put with its report. */

/** Smaller pictures in a text are logos and signs of social networks. */
const smallestPicture = 5 * 1024;

/** Signatures and keys, which say nothing to people. */
const machineTypes = /^application\/(?:(?:x-)?pkcs7-(?:signature|mime)|pgp-(?:signature|keys|encrypted))$/;

const isOrnament = ({ type, content, inline }: MailFile): boolean =>
  machineTypes.test(type) || (inline && type.startsWith('image/') && content.length < smallestPicture);

/** Files that somebody meant to send, what was attached before what is shown in the text, each once. */
export function chooseFiles(
  files: readonly MailFile[],
  hash: (bytes: Uint8Array) => string,
): readonly MailFile[] {
  const seen = new Set<string>();
  const meant = files
    .filter((file) => !isOrnament(file))
    .toSorted((a, b) => Number(a.inline) - Number(b.inline));
  return meant.filter(({ content }) => {
    const mark = hash(content);
    if (seen.has(mark)) return false;
    seen.add(mark);
    return true;
  });
}
