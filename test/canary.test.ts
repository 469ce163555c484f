import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCanaries } from '../chaos/canaries.ts';
import { lookAtStores, lookEverywhere } from './support/canary-places.ts';
import { findPlanted, type PlantedReport } from './support/canary-reports.ts';
import { type Evidence, openStage, type Stage } from './support/canary-stage.ts';
import { playStory } from './support/canary-story.ts';
import { hasDovecot } from './support/dovecot.ts';
import { startGateway } from './support/gateway.ts';

/**
 * Unique words in everything that identifies a reporter, and in everything that comes along with a report, through every
 * channel and the whole pipeline while it is being broken; then every place anybody could look at is searched for them.
 */

/** Where a canary may be, and why; whatever is not listed here is a leak. */
const allowed: readonly {
  readonly place: string;
  readonly planted: RegExp;
  readonly why: string;
  readonly if?: (report: PlantedReport) => boolean;
}[] = [
  {
    place: 'webhook: data.reporter',
    planted: /^(name|phone|email|onBehalfOf|handle|address|post id)$/,
    why: 'who reports openly wants the agency to know it',
    if: ({ openness }) => openness === 'open',
  },
  {
    place: 'webhook: words',
    planted: /^(title|text|place|file EXIF)/,
    why: 'what an open reporter wrote reaches the agency as it was written',
    if: ({ openness }) => openness === 'open',
  },
  {
    place: 'SMS: to',
    planted: /^phone$/,
    why: 'the provider cannot send to a number it is not told, and brought the number itself',
    if: ({ way }) => way.startsWith('sms/'),
  },
  {
    place: 'mail: to',
    planted: /^email$/,
    why: 'nobody can be written to whose address is not told to the mail server',
  },
  {
    place: 'X: what it answers',
    planted: /^post id$/,
    why: 'an answer is put under a post by its id, which X gave it',
    if: ({ way }) => way === 'post',
  },
  ...(hasDovecot
    ? [
        {
          place: 'mail: what it answers',
          planted: /^key$/,
          why: 'mail programs put an answer in its thread by the Message-ID of what it answers',
          if: ({ way }: PlantedReport) => way === 'email',
        },
      ]
    : []),
  {
    place: 'answer to sms/generic',
    planted: /^key$/,
    why: 'the provider is told which of its own messages got which receipt',
  },
  {
    place: 'form shown again',
    planted: /^(name|phone|email|onBehalfOf|address|title|text|place|handle|post id)/,
    why: 'who mends a form finds what they typed, in the answer to that very request',
  },
  {
    place: 'tracking page with a slip',
    planted: /^phone$/,
    why: 'who mistyped an ID finds what they typed, in the answer to that very request',
  },
  {
    place: 'lapor report export',
    planted: /^key$/,
    why: 'who holds the private keys may check from outside that each message of a provider is there',
  },
];

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
  await playStory(stage);
  await lookEverywhere(stage);
}, 240_000);
afterAll(() => stage?.close());

type Hit = { readonly report: PlantedReport; readonly planted: string; readonly evidence: Evidence };

/** Every canary in it, allowed or not. */
function findHits(evidence: Evidence): readonly Hit[] {
  return findCanaries(evidence.content).flatMap((sighting) => {
    const report = stage.reports.get(sighting.number);
    const planted = report && findPlanted(report, sighting);
    return report && planted ? [{ report, planted, evidence }] : [];
  });
}

const findAllowance = ({ report, planted, evidence }: Hit) =>
  allowed.find(
    (entry) =>
      evidence.place === entry.place &&
      // one report's reporter is none of another's business
      (evidence.of === null || evidence.of === report.number) &&
      entry.planted.test(planted) &&
      (entry.if?.(report) ?? true),
  );

const describeHit = ({ report: { number, way, openness }, planted, evidence }: Hit) =>
  `${planted} of report ${number} (${way}, ${openness}) in ${evidence.place}`;

test('no canary is anywhere but where it may be', () => {
  const leaks = stage.evidence.flatMap(findHits).filter((hit) => findAllowance(hit) === undefined);
  expect([...new Set(leaks.map(describeHit))].toSorted()).toEqual([]);
});

test('every place where one may be has some, so none is allowed in vain and the search sees them', () => {
  const used = new Set(stage.evidence.flatMap(findHits).map(findAllowance));
  expect(allowed.filter((entry) => !used.has(entry))).toEqual([]);
});

test('everything that was to be broken broke, and everything that was to be written was', async () => {
  const states = async (statement: string) =>
    (await stage.database.pool.query<{ state: string }>(statement)).rows.map(({ state }) => state);
  expect(await states('select distinct state from deliveries order by 1')).toEqual(
    expect.arrayContaining(['delivered', 'refused']),
  );
  expect(await states('select distinct state from notifications order by 1')).toEqual(
    expect.arrayContaining(['parked', 'refused', 'sent']),
  );
  expect(await states('select error as state from quarantine')).toEqual(['error P0001']);
  const log = stage.processes.map(({ output }) => output()).join('');
  for (const event of [
    ...[
      'settings',
      'request_failed',
      'report_not_storable',
      'report_quarantined',
      'job_failed',
      'queue_error',
    ],
    ...['delivery_retry', 'delivery_refused', 'notification_parked', 'notification_refused'],
    ...['notification_not_summoned', 'post_gone'],
  ]) {
    expect(log).toContain(`"event":"${event}"`);
  }
  const places = new Set(stage.evidence.map(({ place }) => place));
  for (const place of [
    'spool',
    'redis',
    'file of Redis',
    'file',
    'table report_identities',
    'table reports',
    'table posts',
    'X: answer',
  ])
    expect(places).toContain(place);
});

describe('a canary planted', () => {
  const bytesOf = (hex: string) => Buffer.from(hex, 'hex');
  const ways: readonly [string, (value: string) => Buffer][] = [
    ['as it is', (value) => Buffer.from(value)],
    ['in base64', (value) => Buffer.from(Buffer.from(value).toString('base64'))],
    ['in base64, one byte on', (value) => Buffer.from(Buffer.from(`"${value}`).toString('base64'))],
    ['in base64, two bytes on', (value) => Buffer.from(Buffer.from(`{"${value}`).toString('base64'))],
    ['in hexadecimal', (value) => Buffer.from(Buffer.from(value).toString('hex'))],
    ['percent-encoded', (value) => Buffer.from(Buffer.from(value).toString('hex').replace(/../g, '%$&'))],
    [
      'as JSON escapes',
      (value) =>
        Buffer.from(Buffer.from(value, 'utf16le').swap16().toString('hex').replace(/..../g, '\\u$&')),
    ],
    ['in UTF-16LE', (value) => Buffer.from(value, 'utf16le')],
    ['in UTF-16BE', (value) => bytesOf(Buffer.from(value, 'utf16le').swap16().toString('hex'))],
  ];
  const found: Evidence[] = [];
  const numberOf = (index: number) => 900 + index;

  beforeAll(async () => {
    const { database, redis, dataDir, settings, plant, processes } = stage;
    await database.pool.query('create table planted (bytes bytea)');
    const client = new Redis(redis.url);
    for (const [index, [, encode]] of ways.entries()) {
      const { identity, planted } = plant(numberOf(index), 'api', 'open');
      const digits = identity.phone.slice(1);
      const values = [...planted.keys(), identity.phone, `+62${digits}`, `62${digits}`].map(encode);
      for (const [place, value] of values.entries()) {
        await database.pool.query('insert into planted values ($1)', [value]);
        await client.set(`planted:${index}:${place}`, value);
        writeFileSync(join(dataDir, `planted-${index}-${place}`), value);
      }
    }
    client.disconnect();
    // in the name of a file, and in a line that a gateway logs
    const { extra } = plant(999, 'api', 'open');
    writeFileSync(join(dataDir, extra), '');
    processes.push(await startGateway('work', { ...settings, PUBLIC_URL: `http://${extra}.example` }));
    await lookAtStores(stage, (place, content) => found.push({ place, content, of: null }));
  }, 60_000);

  const seenOf = (number: number) => found.flatMap(findHits).filter(({ report }) => report.number === number);

  test.each(ways.map(([name], index) => [name, numberOf(index)] as const))(
    '%s is found in a table, in Redis and in a file, whatever it is of',
    (_, number) => {
      const seen = seenOf(number);
      const all = [...(stage.reports.get(number)?.planted.values() ?? [])];
      for (const place of ['table planted', 'redis', 'file']) {
        const there = seen.filter(({ evidence }) => evidence.place === place);
        expect(new Set(there.map(({ planted }) => planted)), place).toEqual(new Set(all));
      }
    },
  );

  test('in the name of a file or in a log is found', () => {
    expect(new Set(seenOf(999).map(({ evidence }) => evidence.place))).toEqual(new Set(['file', 'log']));
  });
});
