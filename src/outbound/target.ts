import ipaddr from 'ipaddr.js';

/**
 * Which addresses the gateway may send to. An agency's URL comes from outside, so without these rules whoever
 * registers one could make the gateway talk to the machines beside it (server-side request forgery).
 */

/** Why nothing may be sent to the URL, as the end of a sentence that begins with "the URL"; null where it may. */
export function findTargetProblem(raw: string, allow: readonly string[]): string | null {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return 'must be an https address such as https://lapor.example.go.id/masuk';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (isAllowed(url, allow)) return null;
  if (url.protocol === 'http:') return 'must be https, or its host listed in OUTBOUND_ALLOW';
  const port = portOf(url);
  // Ports below 1024 belong to mail, shells and the like: no agency receives reports there.
  if (port !== 443 && port < 1024) return 'must use port 443 or one from 1024 on';
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal)) {
    return isPublicAddress(literal) ? null : 'must not point to a private or reserved address';
  }
  // Names without a dot are known only inside a network. What a name with one resolves to is checked on connecting.
  return url.hostname.replace(/\.$/, '').includes('.') ? null : 'must name a host on the public internet';
}

/** True where the operator lists the host in OUTBOUND_ALLOW: then plain http and private addresses are fine. */
export function isAllowed(url: URL, allow: readonly string[]): boolean {
  return allow.includes(url.hostname) || allow.includes(`${url.hostname}:${portOf(url)}`);
}

const globalUnicast = ipaddr.IPv6.parse('2000::');

/**
 * True for addresses of the public internet only. IPv6 that carries an IPv4 address inside (mapped, compatible,
 * NAT64, 6to4, Teredo) is none: it may lead back to a private one.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(globalUnicast, 3));
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
