export const staffHome = '/petugas';
export const signInPath = '/petugas/masuk';

/** Where to go on after signing in: what `raw` says, if it is a page of staff, else where staff begin. Nothing leads elsewhere. */
export function readReturnPath(raw: string | null | undefined): string {
  if (raw == null || raw.length > 2_000 || !/^\/petugas(?:[/?]|$)/.test(raw)) return staffHome;
  // What a browser makes of it counts: it resolves dots, and takes a backslash for a slash.
  const base = 'http://gerbang.invalid';
  if (!URL.canParse(raw, base)) return staffHome;
  const { origin, pathname, search } = new URL(raw, base);
  const isOurs = origin === base && /^\/petugas(?:\/|$)/.test(pathname) && !pathname.includes('//');
  const isSignIn = /^\/petugas\/(masuk|keluar|undangan)(?:\/|$)/.test(pathname);
  return isOurs && !isSignIn ? `${pathname}${search}` : staffHome;
}
