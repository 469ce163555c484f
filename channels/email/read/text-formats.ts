/** Text in formats of its own, as plain text. */

/** format=flowed (RFC 3676): lines that were broken for width are joined; with `delsp` without the blank. */
export function unflow(text: string, delsp: boolean): string {
  const out: string[] = [];
  let open: { depth: number; parts: string[] } | null = null;
  const flush = () => {
    if (open !== null) out.push((open.depth > 0 ? `${'>'.repeat(open.depth)} ` : '') + open.parts.join(''));
    open = null;
  };
  for (const line of text.split('\n')) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0;
    const rest = line.slice(depth).replace(/^ /, '');
    const flows = rest.endsWith(' ') && rest !== '-- ';
    if (open !== null && (open.depth !== depth || rest === '-- ')) flush();
    open ??= { depth, parts: [] };
    open.parts.push(flows && delsp ? rest.slice(0, -1) : rest);
    if (!flows) flush();
  }
  flush();
  return out.join('\n');
}

/** text/enriched (RFC 1896) and its forerunner text/richtext. */
export function enrichedToText(text: string, rich: boolean): string {
  const plain = text
    .replace(/<(param|comment)>[^<]{0,1000}<\/\1>/gi, '')
    .replace(/<nl>|<\/?paragraph>/gi, '\n')
    .replace(/<lt>/gi, '<<')
    .replace(/<(?!<)\/?[A-Za-z][\w-]{0,60}>/g, '')
    .replaceAll('<<', '<');
  return rich ? plain : plain.replace(/(\n+)/g, (feeds) => (feeds.length === 1 ? ' ' : feeds.slice(1)));
}

const skipped =
  /^(?:fonttbl|colortbl|stylesheet|info|pict|object|themedata|colorschememapping|latentstyles|datastore|generator|xmlnstbl|listtable|listoverridetable|rsidtbl|fldinst|header|footer|htmltag|mhtmltag|pntext|filetbl|revtbl)$/;

/** Text of RTF; where Outlook put HTML into it, the text around the tags. One pass, no recursion. */
export function rtfToText(rtf: string, decode: (bytes: Buffer, codepage: string) => string): string {
  const out: string[] = [];
  const groups: { skip: boolean; unicodeSkip: number }[] = [];
  let codepage = 'windows-1252';
  let skip = false;
  let unicodeSkip = 1;
  let pending: number[] = [];
  let ignore = 0;
  const flush = () => {
    if (pending.length > 0) out.push(decode(Buffer.from(pending), codepage));
    pending = [];
  };
  const put = (text: string) => {
    flush();
    if (!skip) out.push(text);
  };
  const token =
    /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([\r\n]+)|([^\\{}\r\n]+)/gi;
  for (const found of rtf.matchAll(token)) {
    const [, word, number, hex, symbol, brace, , text] = found;
    if (brace === '{') {
      flush();
      if (groups.length < 10_000) groups.push({ skip, unicodeSkip });
    } else if (brace === '}') {
      flush();
      const group = groups.pop();
      skip = group?.skip ?? false;
      unicodeSkip = group?.unicodeSkip ?? 1;
    } else if (hex !== undefined) {
      if (ignore > 0) ignore -= 1;
      else if (!skip) pending.push(Number.parseInt(hex, 16));
    } else if (symbol !== undefined) {
      if (symbol === '*') skip = true;
      else if (symbol === '~') put(' ');
      else if (symbol === '_') put('-');
      else if ('\\{}'.includes(symbol)) put(symbol);
      else if (symbol === '\n' || symbol === '\r') put('\n');
    } else if (text !== undefined) {
      const cut = Math.min(ignore, text.length);
      ignore -= cut;
      if (cut < text.length) put(text.slice(cut));
    } else if (word !== undefined) {
      const name = word.toLowerCase();
      if (skipped.test(name)) skip = true;
      else if (name === 'u' && number !== undefined) {
        put(String.fromCharCode(Number(number) & 0xffff));
        ignore = unicodeSkip;
      } else if (name === 'uc') unicodeSkip = Math.min(Number(number ?? 1), 10);
      else if (name === 'ansicpg') codepage = `windows-${number}`;
      else if (name === 'par' || name === 'line' || name === 'sect' || name === 'page' || name === 'row')
        put('\n');
      else if (name === 'tab' || name === 'cell') put('\t');
      else {
        const named = Object.hasOwn(namedSymbols, name) ? namedSymbols[name] : undefined;
        if (named !== undefined) put(named);
      }
    }
  }
  flush();
  return out.join('').trim();
}

const namedSymbols: Readonly<Record<string, string>> = {
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  bullet: '•',
  endash: '–',
  emdash: '—',
};

const calendarNames: Readonly<Record<string, string>> = {
  SUMMARY: '',
  LOCATION: 'Tempat: ',
  DTSTART: 'Mulai: ',
  DTEND: 'Selesai: ',
  DESCRIPTION: '',
  COMMENT: '',
};

/** What a calendar entry says: subject, place, times, description. */
export function calendarToText(calendar: string): string {
  const lines = calendar.replace(/\n[ \t]/g, '').split('\n');
  const out: string[] = [];
  let inEntry = false;
  for (const line of lines) {
    if (/^BEGIN:(VEVENT|VTODO|VJOURNAL|VFREEBUSY)/i.test(line)) inEntry = true;
    else if (/^END:(VEVENT|VTODO|VJOURNAL|VFREEBUSY)/i.test(line)) inEntry = false;
    const found = /^([A-Z]+)(?:;[^:"]*(?:"[^"]*"[^:"]*)*)?:(.*)$/i.exec(line.slice(0, 50_000));
    const label = calendarNames[found?.[1]?.toUpperCase() ?? '-'];
    const value = found?.[2]
      ?.replace(/\\n/gi, '\n')
      .replace(/\\([,;\\])/g, '$1')
      .trim();
    if (inEntry && label !== undefined && value !== undefined && value !== '') out.push(label + value);
  }
  return out.join('\n');
}
