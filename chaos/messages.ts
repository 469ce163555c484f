import { createCanaries } from './canaries.ts';
import { type Message, markOf } from './ledger.ts';
import { createRandom, drawLetters, type Random } from './random.ts';

/** Agencies the citizens write to by name or by place, and the national desk for what fits none. */
export const agencies = ['D32.73', 'D35.78', 'D36.03', 'nasional'] as const;

const places: readonly [Place, ...Place[]] = [
  { agency: 'D32.73', keyword: 'Bdg', words: 'Kec. Coblong, Kota Bandung' },
  { agency: 'D35.78', keyword: 'Sby', words: 'Kec. Wonokromo, Kota Surabaya' },
  { agency: 'D36.03', keyword: 'TANGKAB', words: 'Kec. Tigaraksa, Kab. Tangerang' },
];
type Place = { readonly agency: string; readonly keyword: string; readonly words: string };

const complaints: readonly [string, ...string[]] = [
  'Lampu jalan mati sudah dua minggu, gelap sekali kalau malam',
  'Sampah di TPS depan pasar tidak diangkut sejak Senin',
  'jln berlubang parah dkt sekolah, kmrn ada motor jatuh',
  'Air PDAM keruh dan bau, sudah tiga hari begini',
  'Antrean KTP dari jam 5 pagi, blangko katanya habis terus',
  'Trotoar dipakai parkir, pejalan kaki turun ke jalan',
  'Bantuan sembako tidak sampai ke RT kami padahal terdaftar',
];

/** What no text should be able to break anything with. */
const poisons: readonly [string, ...string[]] = [
  "'; drop table reports; --",
  '\u0000\u0000 nol di tengah \u0000',
  'setengah \ud83d saja, dan sebaliknya \udc4d',
  '\u202eterbalik\u202c \u200b\u200d\ufeff',
  '{{constructor.constructor("return process")()}} #{7*7} %s %n',
  '<script>alert(1)</script>&lt;b&gt;',
  'sangat panjang '.repeat(1_200),
  '\u0007\u001b[31mmerah\u001b[0m\r\n\r\nHTTP/1.1 200 OK',
  '👍🏽👨‍👩‍👧‍👦 𝕬𝕭 e\u0301\u0323',
];

const ways = ['web', 'web-keyed', 'web-keyed', 'sms-generic', 'sms-kannel'] as const;
const opennesses = ['open', 'anonymous', 'confidential'] as const;

/** The `number`th message of a run: the same seed gives the same one, whatever happened before. */
export function composeMessage(seed: number, number: number): Message {
  const random = createRandom(seed, `message ${number}`);
  const way = random.pick(ways);
  const place = random.pick(places);
  const isWeb = way === 'web' || way === 'web-keyed';
  return {
    number,
    way,
    key: `${way}-${number}-${drawLetters(random, 12)}`,
    text: composeText(random, number, isWeb ? place.words : place.keyword, isWeb),
    agency: isWeb && random.chance(0.7) ? place.agency : null,
    // An SMS cannot ask for secrecy.
    openness: isWeb ? random.pick(opennesses) : 'open',
    canaries: createCanaries(number, random),
    copyOf: null,
  };
}

/** The same person sends the same SMS anew: to its provider it is another message. */
export const composeCopy = (first: Message, number: number): Message => ({
  ...first,
  number,
  key: `${first.key}-again-${number}`,
  copyOf: first.number,
});

function composeText(random: Random, number: number, place: string, isWeb: boolean): string {
  const poison = random.chance(0.12) ? ` ${random.pick(poisons)}` : '';
  const said = `${random.pick(complaints)}, ${markOf(number)}${poison}`;
  return isWeb ? `${said} di ${place}` : `${place} ${said}`;
}
