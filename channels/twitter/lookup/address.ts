const plainId = /^\d{1,19}$/;
const hosts = /^(?:(?:www|mobile|m)\.)?(?:x|twitter)\.com$/;
const path = /^\/(?:i\/web|i|\w{1,50})\/status(?:es)?\/(\d{1,19})(?:\/|$)/;

/** The id in the address of a post, as people copy it from the app, the web page or an old bookmark; null where there is none. */
export function findPostId(address: string): string | null {
  const given = address.trim();
  if (plainId.test(given)) return given;
  const url = /^[a-z]+:\/\//i.test(given) ? given : `https://${given}`;
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, pathname } = new URL(url);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && hosts.test(hostname) ? (path.exec(pathname)?.[1] ?? null) : null;
}
