/** What a password of staff has to be: long, and not what everybody tries first (NIST SP 800-63B, 5.1.1.2). */

/** In characters. */
export const shortestPassword = 12;
const longestPassword = 200;

export type PasswordProblem = 'short' | 'long' | 'common';

/** One way of typing it is as good as another: keyboards compose letters differently. */
export const normalizePassword = (typed: string): string => typed.normalize('NFKC');

/** What is wrong with a password for this person; null where it may be used. */
export function findPasswordProblem(
  typed: string,
  person: { readonly login: string; readonly name: string },
): PasswordProblem | null {
  // normalizing may make a text many times as long
  if (typed.length > longestPassword) return 'long';
  const password = normalizePassword(typed);
  const length = [...password].length;
  if (length < shortestPassword) return 'short';
  if (length > longestPassword) return 'long';
  return isCommon(password, person) ? 'common' : null;
}

/** Different ones, beside what all try: a sentence has them, `Indonesia2026!` has none. */
const fewestOwnLetters = 5;

function isCommon(
  password: string,
  { login, name }: { readonly login: string; readonly name: string },
): boolean {
  const plain = password
    .toLowerCase()
    .replace(/[@4]/g, 'a')
    .replace(/0/g, 'o')
    .replace(/[1!]/g, 'i')
    .replace(/3/g, 'e')
    .replace(/[$5]/g, 's');
  const own = `${login} ${name}`
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part.length >= 3);
  const known = [...own, ...commonWords].toSorted((one, other) => other.length - one.length);
  const rest = [password.toLowerCase(), plain].map((form) =>
    known.reduce((left, word) => left.replaceAll(word, ' '), form).replace(/[^\p{L}]+/gu, ''),
  );
  return rest.some((left) => new Set(left).size < fewestOwnLetters);
}

const commonWords: readonly string[] = [
  'password',
  'passw',
  'katasandi',
  'sandi',
  'rahasia',
  'qwerty',
  'qwertyuiop',
  'asdfgh',
  'asdfghjkl',
  'zxcvbn',
  'zxcvbnm',
  'abcdef',
  'abcdefghijkl',
  'admin',
  'administrator',
  'petugas',
  'operator',
  'lapor',
  'sp4n',
  'indonesia',
  'jakarta',
  'bandung',
  'surabaya',
  'merdeka',
  'pancasila',
  'garuda',
  'bismillah',
  'alhamdulillah',
  'sayang',
  'sayangku',
  'cinta',
  'cintaku',
  'keluarga',
  'selamat',
  'welcome',
  'letmein',
  'iloveyou',
  'persib',
  'persija',
];
