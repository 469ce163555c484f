import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import type { AgencyCode, ReportId } from '../report.ts';
import { AddedBody, addedBody, type Handover, WebhookBody, webhookBody } from './agency.ts';

const handover: Handover = {
  reportId: '019a9f3c-7d1e-7a55-9c0b-6f0f4f2b8d10' as ReportId,
  trackingId: '482910573346',
  kind: 'complaint',
  title: 'Jln rusak dpn SDN 2',
  text: 'Slmt pagi pak, jln di dpn SDN 2 Cibiru rusak parah sdh 3 bln blm diperbaiki',
  place: { text: 'dpn SDN 2 Cibiru', lat: -6.91, lon: 107.72, areaCode: '32.73.21' },
  topic: 'jalan-rusak',
  channel: 'sms',
  receivedAt: new Date('2026-11-22T02:58:11.402Z'),
  duplicateOf: null,
  agency: 'D32.73' as AgencyCode,
  reason: 'Lokasi disebut: Kec. Cibiru, Kota Bandung; topik jalan rusak ditangani pemerintah daerah',
  routedAt: new Date('2026-11-22T02:58:11.733Z'),
  anonymous: false,
  confidential: false,
  identity: { name: 'Asep Sunarya', phone: '+6281300001111', email: null, onBehalfOf: null },
};

const schema = Compile(WebhookBody);

describe('the body of a webhook', () => {
  test('is what the contract with the agencies says, member by member', () => {
    const body = webhookBody(handover);
    expect(body).toEqual({
      type: 'report.routed',
      timestamp: '2026-11-22T02:58:11.733Z',
      data: {
        reportId: handover.reportId,
        trackingId: '482910573346',
        kind: 'complaint',
        title: handover.title,
        text: handover.text,
        place: { text: 'dpn SDN 2 Cibiru', lat: -6.91, lon: 107.72, areaCode: '32.73.21' },
        topic: 'jalan-rusak',
        channel: 'sms',
        receivedAt: '2026-11-22T02:58:11.402Z',
        duplicateOf: null,
        agency: 'D32.73',
        reason: handover.reason,
        reporter: { name: 'Asep Sunarya', phone: '+6281300001111', email: null, onBehalfOf: null },
      },
    });
    expect(schema.Check(body)).toBe(true);
  });

  test.each([
    ['anonymous', { anonymous: true }],
    ['confidential', { confidential: true }],
    ['anonymous and confidential', { anonymous: true, confidential: true }],
  ])('holds nothing of the reporter where the report is %s', (_, secrecy) => {
    const body = webhookBody({ ...handover, ...secrecy });
    expect(body.data).not.toHaveProperty('reporter');
    expect(JSON.stringify(body)).not.toMatch(/Asep|81300001111/);
    expect(schema.Check(body)).toBe(true);
  });

  test('says where the writer of a letter lives, to who may know the reporter', () => {
    const identity = {
      name: 'Asep Sunarya',
      phone: null,
      email: null,
      onBehalfOf: null,
      address: 'Gang Sawo No. 4',
    };
    const body = webhookBody({ ...handover, identity });
    expect(body.data.reporter?.address).toBe('Gang Sawo No. 4');
    expect(schema.Check(body)).toBe(true);
    expect(JSON.stringify(webhookBody({ ...handover, identity, anonymous: true }))).not.toContain(
      'Gang Sawo',
    );
  });

  test('has no reporter where nothing is known', () => {
    expect(webhookBody({ ...handover, identity: null }).data).not.toHaveProperty('reporter');
  });

  test('keeps to itself whatever a report gains later', () => {
    const later = {
      ...handover,
      receipt: 'R4H4S1A',
      ipAddress: '203.0.113.7',
      place: { ...handover.place, photo: 'exif-canary' },
      identity: { ...handover.identity, nik: '3273010101900001' },
    };
    expect(JSON.stringify(webhookBody(later as unknown as Handover))).toBe(
      JSON.stringify(webhookBody(handover)),
    );
  });

  test('gives a title, place or topic that is not there as null', () => {
    const body = webhookBody({ ...handover, title: null, place: null, topic: null });
    expect(body.data).toMatchObject({ title: null, place: null, topic: null });
    expect(schema.Check(body)).toBe(true);
  });
});

test('files that were added are told with what they were added with, member by member', () => {
  const file = {
    type: 'image/jpeg',
    bytes: 812_345,
    sha256: 'ab'.repeat(32),
    url: 'https://lapor.example/x',
  };
  const addition = {
    id: '019a9f40-1f1e-7a55-9c0b-6f0f4f2b8d12',
    text: '',
    channel: 'web',
    receivedAt: new Date('2026-11-23T01:00:00Z'),
    storedAt: new Date('2026-11-23T01:00:01Z'),
  } as const;
  const stuffed = { ...file, type: 'image/jpeg', name: 'rumah-bu-aminah.jpg' } as const;
  const body = addedBody(handover, { ...addition, attachments: [stuffed] });
  expect(body.data).toMatchObject({ text: '', attachments: [file] });
  expect(JSON.stringify(body)).not.toContain('aminah');
  expect(Compile(AddedBody).Check(body)).toBe(true);
  expect(addedBody(handover, { ...addition, attachments: [] }).data).not.toHaveProperty('attachments');
});

test('a case that is viral is told with its report, and the handle where the reporter may be', () => {
  const viral = { since: new Date('2026-11-22T03:20:00Z'), posts: 24 };
  const permalink = 'https://x.com/aseps_bdg/status/1900000000000000001';
  const account = { id: '1700000000000000001', handle: 'aseps_bdg', permalink };
  const posted = { ...handover, viral, identity: { ...handover.identity, account } } as Handover;
  const body = webhookBody(posted);
  expect(body.data.viral).toEqual({ since: '2026-11-22T03:20:00.000Z', posts: 24 });
  expect(body.data.reporter).toMatchObject({ account: 'aseps_bdg', permalink });
  expect(JSON.stringify(body)).not.toContain(account.id);
  expect(schema.Check(body)).toBe(true);
  expect(JSON.stringify(webhookBody({ ...posted, confidential: true }))).not.toContain('aseps_bdg');
  const nameless = { ...posted, identity: { ...handover.identity, account: { ...account, handle: null } } };
  expect(webhookBody(nameless as Handover).data.reporter).not.toHaveProperty('account');
});

test('an edit says which version it is, and a note what it notes', () => {
  const addition = {
    id: '019a9f40-1f1e-7a55-9c0b-6f0f4f2b8d12',
    text: 'Sudah 3 bln blm diperbaiki',
    channel: 'twitter',
    receivedAt: new Date('2026-11-23T01:00:00Z'),
    storedAt: new Date('2026-11-23T01:00:01Z'),
  } as const;
  const viral = { since: new Date('2026-11-22T03:20:00Z'), posts: 24 };
  const said = (more: object) => addedBody({ ...handover, viral }, { ...addition, ...more });
  expect(said({}).data).not.toHaveProperty('version');
  expect(said({ version: 2 }).data).toMatchObject({ version: 2 });
  expect(said({ version: 2 }).data).not.toHaveProperty('viral');
  expect(said({ note: 'post_gone' }).data).toMatchObject({ note: 'post_gone' });
  expect(said({ note: 'case_viral' }).data).toMatchObject({ note: 'case_viral', viral: { posts: 24 } });
  for (const more of [{}, { version: 2 }, { note: 'post_gone' }, { note: 'case_viral' }])
    expect(Compile(AddedBody).Check(said(more))).toBe(true);
});
