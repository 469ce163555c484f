export type Point = { readonly lat: number; readonly lon: number };

const number = '[+-]?\\d{1,3}(?:\\.\\d{1,20})?';
const pair = `(${number})\\s*(?:,|;|\\s)\\s*(${number})`;

/** Where links of maps carry their point, the marker before the middle of the view. */
const inLinks: readonly RegExp[] = [
  new RegExp(`!3d(${number})!4d(${number})`),
  new RegExp(`[?&]mlat=(${number})&mlon=(${number})`),
  new RegExp(`[?&](?:q|query|ll|destination|center)=(?:loc:)?${pair}`),
  new RegExp(`^geo:${pair}`),
  new RegExp(`/@${pair}`),
  new RegExp(`#map=\\d+(?:\\.\\d+)?/(${number})/(${number})`),
];

/**
 * The point that somebody typed or pasted: `-6.9147, 107.6098`, in degrees with points or commas as decimals, or the
 * link of a map; null where there is none, as in shortened links. What can only be longitude and latitude is turned round.
 */
export function parsePoint(written: string): Point | null {
  const text = written.trim().replace(/[\u2010-\u2015\u2212]/g, '-');
  if (/^(https?|geo):/i.test(text)) return findInLink(text);
  const plain = text.replace(/°/g, '');
  return (
    read(new RegExp(`^\\(?\\s*${pair}\\s*\\)?$`).exec(plain)) ??
    read(new RegExp(`^${pair}$`).exec(plain.replace(/(\d),(\d)/g, '$1.$2')))
  );
}

function findInLink(link: string): Point | null {
  const text = decode(link);
  for (const pattern of inLinks) {
    const point = read(pattern.exec(text));
    if (point !== null) return point;
  }
  return null;
}

function decode(link: string): string {
  try {
    return decodeURIComponent(link.replaceAll('+', ' '));
  } catch {
    return link;
  }
}

function read(match: RegExpExecArray | null): Point | null {
  if (match === null) return null;
  const [first, second] = [Number(match[1]), Number(match[2])];
  const [lat, lon] = Math.abs(first) > 90 ? [second, first] : [first, second];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}
