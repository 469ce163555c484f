/** Where part of a message is missing. */
export const gapMark = '[…]';

/**
 * Masks numbers and addresses next to a gap: half a phone number has not the form of one, and in doubt it goes.
 */
export function maskSeams(text: string): string {
  if (!text.includes(gapMark)) return text;
  const pieces = text.split(gapMark);
  return pieces
    .map((piece, index) => {
      const head = index === 0 ? piece : maskStart(piece);
      return index === pieces.length - 1 ? head : maskEnd(head);
    })
    .join(gapMark);
}

function maskEnd(piece: string): string {
  const words = piece.split(/(\s+)/);
  let end = words.length;
  while (end > 0 && mayBeHalf(words[end - 1] ?? '')) end -= 1;
  const cut = words.slice(end).join('');
  return isBare(cut) ? piece : `${words.slice(0, end).join('')} [nomor] `;
}

function maskStart(piece: string): string {
  const words = piece.split(/(\s+)/);
  let start = 0;
  while (start < words.length && mayBeHalf(words[start] ?? '')) start += 1;
  const cut = words.slice(0, start).join('');
  return isBare(cut) ? piece : ` [nomor] ${words.slice(start).join('')}`;
}

/** A number, part of an address, or the space between. */
const mayBeHalf = (word: string): boolean => /^\s*$|[\p{Nd}@_]/u.test(word);
const isBare = (words: string): boolean => !/[\p{Nd}@_]/u.test(words);
