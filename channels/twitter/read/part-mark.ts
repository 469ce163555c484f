/** A text, and the place in a thread that it said it has. */
export type Marked = {
  readonly text: string;
  readonly part: { readonly number: number; readonly total: number | null } | null;
};

const name = '(?:🧵|utas|thread|bagian|part)';
const count = '([1-9]\\d?)\\s?/\\s?([1-9]\\d?|n|x)?';
const inBrackets = `[([]\\s?${count}\\s?[)\\]]`;
const named = `${name}[\\s:]*(?:${inBrackets}|${count})`;

/** Groups: number and total, of each form once. */
const heads = [
  new RegExp(`^${named}(?=$|[\\s.:)\\-–—])[.:)\\-–—]*`, 'iu'),
  new RegExp(`^${inBrackets}[.:]?`, 'iu'),
  new RegExp(`^${count}(?=$|[\\s.:)\\-–—])[.:)\\-–—]*`, 'iu'),
];
const tails = [
  new RegExp(`(?<=^|\\s)${named}$`, 'iu'),
  new RegExp(`(?<=^|\\s)${inBrackets}$`, 'iu'),
  new RegExp(`(?<=^|\\n|[.!?…]\\s?|\\p{Extended_Pictographic}\\ufe0f?\\s?)${count}$`, 'iu'),
];
const aloneAtHead = /^🧵/u;
const aloneAtTail = /🧵$/u;

/** `1/2 jam`: a number of something. */
const unit =
  /^\s*(?:detik|menit|jam|hari|malam|minggu|pekan|bulan|tahun|abad|mm|cm|m|meter|km|kilo\p{L}*|inci|inch|liter|l|gram|kg|ons|kwintal|ton|ha|hektar\p{L}*|are|lusin|porsi|gelas|sendok|potong|lembar|harga|dari|bagian|badan)(?!\p{L})/iu;
/** `Selasa (2/5)`, `RT 3/5`: a day, or an address. */
const dayOrAddress =
  /(?:^|[\s.,(])(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|kemarin|besok|lusa|tadi|hari|malam|pagi|siang|sore|ini|itu|tanggal|tgl|tg|per|sejak|pada|mulai|hingga|sampai|s\/d|bulan|jam|rt|rw|rt\/rw|no|nomor|nomer|blok|gang|gg|jalan|jl|jln|km|lantai|kav|pasal|ayat)[.:,]?\s*$/iu;

/**
 * Takes what a text says of its place in a thread out of it: `1/3`, `1/`, `(2/5)`, `🧵1/4`, `Utas 1/3` in front of it or behind
 * it. Fractions, dates and addresses stay.
 */
export function takePartMark(text: string): Marked {
  for (const pattern of heads) {
    const found = pattern.exec(text);
    const rest = found === null ? '' : text.slice(found[0].length);
    if (found !== null && !unit.test(rest)) {
      const part = toPart(found);
      if (part !== null) return { text: rest.trim(), part };
    }
  }
  // Only the end: behind a long text each pattern would begin anew at each character.
  const from = Math.max(0, text.length - 40);
  const end = text.slice(from);
  for (const pattern of tails) {
    const found = pattern.exec(end);
    const before = found === null ? '' : text.slice(0, from + found.index);
    if (found !== null && !dayOrAddress.test(before.slice(-20))) {
      const part = toPart(found);
      if (part !== null) return { text: before.trim(), part };
    }
  }
  return takeThreadSign(text);
}

/** The sign of a thread without a number stands at its beginning. */
function takeThreadSign(text: string): Marked {
  const first = { number: 1, total: null };
  if (aloneAtHead.test(text)) return { text: text.replace(aloneAtHead, '').trim(), part: first };
  if (aloneAtTail.test(text)) return { text: text.replace(aloneAtTail, '').trim(), part: first };
  return { text, part: null };
}

function toPart([, ...groups]: RegExpExecArray): Marked['part'] {
  const given = groups.filter((group) => group !== undefined);
  const number = Number(given[0]);
  const total = Number(given[1] ?? Number.NaN);
  if (Number.isNaN(total)) return { number, total: null };
  return number <= total ? { number, total } : null;
}
