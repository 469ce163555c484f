import { cutText, normalizeText } from '../../../src/domain/report.ts';
import { type Marked, takePartMark } from './part-mark.ts';
import type { GivenPost, Link } from './payload.ts';
import { isCall, type Us } from './us.ts';

/**
 * The positions that X gives of hashtags, names and links are not used: they count code points of a text in which `&` is
 * `&amp;`, which no page of X says, and in edited and quoted posts they were wrong more than once
 * (github.com/Twitter4J/Twitter4J/pull/263, github.com/StarryBlueSky/Penicillin/pull/26). What is meant stands there itself:
 * links are words of t.co that nobody writes, and hashtags and names have their signs.
 */

/** The longest posts have 25,000 characters: what is behind twice as many is nobody's report. */
const readable = 50_000;
const linkLength = 2_000;

const hashtag = '[#＃][\\p{L}\\p{M}\\p{N}_]+';
const handle = '[@＠]\\w+';
const sign = new RegExp(`${hashtag}|${handle}`, 'gu');
/** Hashtags and names, also where several stand together without a space; behind a letter it is an address. */
const signs = new RegExp(`( ?)(?<![\\p{L}\\p{N}_])((?:${hashtag}|${handle})+)`, 'gu');
const shortLink = /https?:\/\/t\.co\/(\w{1,50})/g;
/** In front of a hashtag they show that it belongs to the sentence: `lubang besar di #Cirebon`. */
const leadsOn =
  /^(?:di|ke|dari|untuk|dan|atau|oleh|dengan|yang|pada|kepada|dekat|depan|belakang|samping|sekitar|arah|jalan|jl\.?|jln\.?|kota|kab\.?|kabupaten|kec\.?|kecamatan|desa|kel\.?|kelurahan|provinsi|pak|bu|in|at|to|of|the)$/iu;

/** Stands for what was taken out; no text has it any more. Brackets around nothing else go with it. */
const removed = '\0';
const brackets = new RegExp(`\\([\\s${removed}]*\\)`, 'g');

export type Words = Marked & {
  readonly hashtags: readonly string[];
  readonly mentions: readonly string[];
};

/** What a post says, without what only calls us; where that is nothing, the hashtags behind it are its words. */
export function readWords(post: GivenPost, us: Us): Words {
  const raw = decode(post);
  const isReply = post.references.some(({ type }) => type === 'replied_to');
  const shown = tidy(withoutOwnLinks(raw, post));
  const said = isReply ? shown.replace(/^(?:[@＠]\w{1,50}(?:\s+|$))+/, '') : shown;
  const words = withoutCalls(withoutTagsBehind(said, us), us) || withoutCalls(said, us);
  const { text, part } = takePartMark(words);
  return {
    text: writeOutLinks(text, post.links),
    part,
    hashtags: distinct([
      ...post.hashtags.map((tag) => tag.normalize('NFC')),
      ...listSigned(raw).filter(isHashtag).map(withoutSign),
    ]),
    mentions: distinct([
      ...post.mentions.map(({ username }) => username),
      ...listSigned(raw).filter(isHandle).map(withoutSign),
    ]),
  };
}

/** What a post says, as it stands there. */
export const readAllWords = (post: GivenPost): string =>
  writeOutLinks(tidy(withoutOwnLinks(decode(post), post)), post.links);

/** X escapes these three in texts, and nothing else. */
const decode = ({ text }: GivenPost): string =>
  normalizeText(
    text
      .slice(0, readable)
      .replace(/&(amp|lt|gt);/g, (_, name: 'amp' | 'lt' | 'gt') => ({ amp: '&', lt: '<', gt: '>' })[name]),
  );

const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

const codeOf = (link: string): string => link.slice(link.lastIndexOf('/') + 1);

/** Without the links that X adds for media, for what is quoted, and to the rest of a text that it cut. */
function withoutOwnLinks(text: string, post: GivenPost): string {
  const quoted = post.references.flatMap(({ type, id }) => (type === 'quoted' ? [id] : []));
  const isOwn = ({ media_key: key, expanded_url: target }: Link): boolean => {
    if (typeof key === 'string') return true;
    const [, id, media] =
      /\/status\/(\d{1,19})(\/(?:photo|video)\/\d)?(?:[?#].*)?$/.exec(String(target).slice(0, linkLength)) ??
      [];
    if (id === undefined) return false;
    return media === undefined ? id === post.id || quoted.includes(id) : post.mediaKeys.length > 0;
  };
  const own = new Set(post.links.filter(isOwn).map(({ url }) => codeOf(url)));
  return text.replace(shortLink, (link, code: string) => (own.has(code) ? '' : link));
}

function withoutTagsBehind(text: string, us: Us): string {
  const pieces = text.split(/(\s+)/);
  const isTag = (each: string) => isHashtag(each) || isCall(us, each);
  const isOnlyTags = (piece: string) => {
    const signed = listSigned(piece);
    return signed.length > 0 && signed.every(isTag) && signed.join('') === piece;
  };
  let end = pieces.length;
  while (end > 0 && (pieces[end - 1]?.trim() === '' || isOnlyTags(pieces[end - 1] ?? ''))) end -= 1;
  const next = pieces[end + 1];
  const belongs =
    next !== undefined &&
    leadsOn.test(pieces[end - 1] ?? '') &&
    !listSigned(next).some((each) => isCall(us, each));
  return pieces.slice(0, belongs ? end + 2 : end).join('');
}

/** Other hashtags keep their word, other names stand as they are. */
function withoutCalls(text: string, us: Us): string {
  const words = text.replace(signs, (match, space: string, run: string, at: number) => {
    const kept = listSigned(run)
      .filter((each) => !isCall(us, each))
      .map((each) => (isHashtag(each) ? withoutSign(each) : each));
    if (kept.length > 0) return space + kept.join(' ');
    const isEnd = /^(?:$|[\s,.;:!?)\]])/.test(text.slice(at + match.length, at + match.length + 1));
    return removed + (isEnd ? '' : space);
  });
  const withoutEmpty = words.replace(brackets, (pair) => (pair.includes(removed) ? '' : pair));
  return tidy(withoutEmpty.replaceAll(removed, '')).replace(/^(?:[,:;]|\.(?=\s))\s*/, '');
}

function writeOutLinks(text: string, links: readonly Link[]): string {
  const targets = new Map(links.map((link) => [codeOf(link.url), targetOf(link)]));
  return normalizeText(cutText(text.replace(shortLink, (link, code: string) => targets.get(code) ?? link)));
}

/** Where it leads in the end, of which a point on a map can be read; else where it says that it leads. */
const targetOf = ({ unwound_url: unwound, expanded_url: expanded }: Link): string | undefined =>
  [unwound, expanded].find(
    (target): target is string =>
      typeof target === 'string' && target.length <= linkLength && /^https?:\/\/\S+$/.test(target),
  );

const listSigned = (text: string): readonly string[] =>
  [...text.matchAll(signs)].flatMap(([, , run = '']) => run.match(sign) ?? []);

/** Numbers are none: `antrean #12`. */
const isHashtag = (signed: string): boolean => /^[#＃]/u.test(signed) && /\p{L}/u.test(signed);
const isHandle = (signed: string): boolean => /^[@＠]\w{1,15}$/.test(signed);
const withoutSign = (signed: string): string => signed.slice(1);

/** X allows so many in a post that nobody reads them all; the first ones are what it is about. */
const mostSigned = 100;
function distinct(names: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (first.size < mostSigned && !first.has(key)) first.set(key, name.slice(0, 300));
  }
  return [...first.values()];
}
