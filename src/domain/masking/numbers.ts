import { endOfHarmless, endOfPlain, isAnnounced } from './harmless.ts';

/**
 * Numbers that lead to a person. People write one number in many pieces, so digits are gathered over what may stand
 * between them, and a gathered number is masked from 8 digits on. What is harmless is recognized by its form first
 * (harmless.ts). Every step moves on by at least one piece and looks at a bounded number of pieces ahead.
 */

/** Digits without anything between them. `joint` stands between the piece before and this one; null: they don't belong together. */
type Piece = {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  readonly joint: string | null;
};

/** Spaces, and one sign or two with or without spaces around it: `0812-3456`, `0812 - 3456`, `(021) 555`, `0812_3456`. */
const joining =
  /^(?:[.．,:·•]|[ \t\p{Zs}]{0,2}[)）]?[ \t\p{Zs}]{0,2}[-‐-―−－/／_~*|]{0,2}[ \t\p{Zs}]{0,2}[(（]?[ \t\p{Zs}]{0,2}|[ \t]{0,2}\n[ \t]{0,2})$/u;

const asciiDigits = /[0-9]+/g;
/** Slow where there is a character beyond Latin 1, so it is used only where some digit may need it. */
const anyDigits = /\p{Nd}+/gu;
const foreignDigits = /[\u0660-\u1fff\ua620-\ud83b\uff10-\uff19]/;

const longestJoint = 12;
const invisible = /[\p{Cf}\p{M}]/gu;

/** Fewer digits than this are nobody's number; after `WA` or `NIK`, or after another number, two less are enough. */
const personalFrom = 8;
const announcedFrom = 6;
const another = /^\s?(?:[,;&]|dan|atau)\s$/u;

export function maskNumbers(text: string): string {
  let masked = '';
  let copied = 0;
  for (const run of listRuns(text)) {
    for (let index = 0; index < run.length; ) {
      const { start } = run[index] as Piece;
      const isPhone = startsLikePhone(text, run, index);
      const harmlessEnd = endOfHarmless(text, start, isPhone);
      if (harmlessEnd !== null) {
        while (index < run.length && (run[index] as Piece).start < harmlessEnd) index += 1;
        continue;
      }
      const pieces = run.slice(index, findNumberEnd(text, run, index, isPhone));
      index += pieces.length;
      const count = pieces.reduce((sum, piece) => sum + piece.digits.length, 0);
      const isShortOne =
        count >= announcedFrom &&
        (isAnnounced(text, start) || (copied > 0 && another.test(text.slice(copied, start))));
      if (count < personalFrom && !isShortOne) continue;
      const end = pieces.at(-1)?.end ?? start;
      masked += text.slice(copied, startWithSigns(text, start, end, copied));
      masked += count === 16 ? '[NIK]' : '[nomor]';
      copied = end;
    }
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

/** The pieces that may belong to one number, run by run; runs too short to hold one are left out. */
function listRuns(text: string): readonly (readonly Piece[])[] {
  const runs: Piece[][] = [];
  let run: Piece[] = [];
  let count = 0;
  const close = () => {
    if (count >= announcedFrom) runs.push(run);
    run = [];
    count = 0;
  };
  for (const { 0: digits, index } of text.matchAll(foreignDigits.test(text) ? anyDigits : asciiDigits)) {
    const before = run.at(-1);
    const joint = before === undefined ? null : readJoint(text.slice(before.end, index));
    if (joint === null) close();
    run.push({ start: index, end: index + digits.length, digits, joint });
    count += digits.length;
  }
  close();
  return runs;
}

function readJoint(gap: string): string | null {
  if (gap.length > longestJoint) return null;
  const joint = gap.replace(invisible, '');
  return joining.test(joint) ? joint : null;
}

/** Index after the last piece of the number that begins with the piece at `index`. */
function findNumberEnd(text: string, run: readonly Piece[], index: number, isPhone: boolean): number {
  let digits = run[index]?.digits ?? '';
  let usual: string | null = null;
  for (let at = index + 1; at < run.length; at += 1) {
    const piece = run[at] as Piece;
    const joint = piece.joint ?? '';
    // the line may have been broken in the middle of a phone number
    if (joint.includes('\n') && !(isPhone && digits.length < 10)) return at;
    if (beginsPlain(text, piece)) return at;
    if (/\s/.test(joint)) {
      if (isComplete(digits) && joint !== usual) return at;
      if (beginsAnew(run, at) && !isPrefix(digits)) return at;
    }
    usual = joint;
    // enough to know that it is no longer any of the numbers asked for above
    if (digits.length <= 16) digits += piece.digits;
  }
  return run.length;
}

/** Whether something unmistakably harmless begins here; tightly joined it would be a part of the number. */
function beginsPlain(text: string, { joint, start }: Piece): boolean {
  return /[\s,]/.test(joint ?? '') && endOfPlain(text, start) !== null;
}

/** A mobile number, or a NIK. */
function isComplete(digits: string): boolean {
  return digits.length === 16 || /^(?:0|62)\d{8,12}$/.test(digits);
}

/** `62`, `021`, `0274`: the number comes after it. */
function isPrefix(digits: string): boolean {
  return /^(?:62|0\d{1,3})$/.test(digits);
}

/** Whether this piece is a whole number, or the `0812` of `0812-3456-7890`. */
function beginsAnew(run: readonly Piece[], index: number): boolean {
  const digits = run[index]?.digits ?? '';
  if (digits.length >= 10) return true;
  return /^(?:0|62)8[1-9]/.test(digits) && /^\S+$/.test(run[index + 1]?.joint ?? '');
}

/** Whether what begins here has the front and the length of a mobile number, however it is cut. */
function startsLikePhone(text: string, run: readonly Piece[], index: number): boolean {
  let digits = '';
  for (let at = index; at < run.length && digits.length < 10; at += 1) {
    const piece = run[at] as Piece;
    if (at > index && beginsPlain(text, piece)) break;
    digits += piece.digits;
  }
  return digits.length >= 10 && /^(?:0|62)8[1-9]/.test(digits);
}

/** `+62…` and `(021) …` are masked with their signs. */
function startWithSigns(text: string, start: number, end: number, floor: number): number {
  let first = start;
  const take = (sign: string) => {
    if (first > floor && text[first - 1] === sign) first -= 1;
  };
  take('+');
  if (text.slice(start, end).includes(')')) take('(');
  take('+');
  return first;
}
