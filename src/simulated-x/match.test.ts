import { expect, test } from 'vitest';
import { matches } from './match.ts';
import { createMediaFiles } from './media.ts';
import { createPosts, type PostDraft } from './posts.ts';
import { parseQuery, QueryError } from './query.ts';
import { createUsers } from './users.ts';

const now = Date.parse('2026-11-22T10:00:00Z');
const users = createUsers(() => now);
const files = createMediaFiles(() => 'http://127.0.0.1');
const posts = createPosts({ clock: () => now, users, files, indexingMs: 0 });
const publish = (draft: string | PostDraft) =>
  posts.publish(typeof draft === 'string' ? { text: draft } : draft);
const finds = (query: string, draft: string | PostDraft) => matches(parseQuery(query), publish(draft));

const ours = '(#lapor1708 OR #lapor OR @LAPOR1708) -is:retweet -from:LAPOR1708';
const begun = publish({ author: 'siti', text: 'Lampu mati #lapor' });

test.each<[string, string | PostDraft, boolean]>([
  [ours, 'Jalan rusak #Lapor1708', true],
  [ours, '#LAPOR lampu mati', true],
  [ours, 'tolong @lapor1708', true],
  [ours, '#lapor1708an bukan', false],
  [ours, 'lapor pak, jalan rusak', false],
  [ours, 'surel ke admin@lapor1708.example', false],
  [ours, { author: 'LAPOR1708', text: 'Laporan #lapor diterima' }, false],
  [ours, { text: '', retweetOf: begun.id }, false],
  [ours, { text: `${'panjang sekali '.repeat(30)}#lapor` }, true],
  [`conversation_id:${begun.id} from:siti`, { author: 'Siti', text: '2/2', replyTo: begun.id }, true],
  [`conversation_id:${begun.id} from:siti`, { author: 'budi', text: 'betul', replyTo: begun.id }, false],
  ['to:siti', { author: 'budi', text: 'betul', replyTo: begun.id }, true],
  ['lampu mati', 'Mati lagi, LAMPU jalan!', true],
  ['"lampu mati"', 'Mati lagi, lampu jalan', false],
  ['lampu OR jalan rusak', 'jalan bagus', false],
  ['(lampu OR jalan) rusak', 'jalan rusak', true],
  ['lampu -(rusak OR mati)', 'lampu mati', false],
  ['#lapor lang:in', { text: '#lapor', lang: 'en' }, false],
  ['#lapor has:geo', { text: '#lapor', place: { fullName: 'Depok, Indonesia' } }, true],
])('%s: %j is %s', (query, draft, expected) => {
  expect(finds(query, draft)).toBe(expected);
});

test.each(['-is:retweet', 'lang:in', '#lapor OR is:quote', '(#lapor', '#lapor)', 'OR', 'sumber:web', ''])(
  'a query that X refuses: %s',
  (query) => {
    expect(() => parseQuery(query)).toThrow(QueryError);
  },
);
