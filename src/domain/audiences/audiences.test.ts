import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import type { Attachment, AttachmentId } from '../attachment.ts';
import type { ProgressRecord } from '../progress.ts';
import type { AgencyCode, ReportId } from '../report.ts';
import { type Handover, WebhookBody, webhookBody } from './agency.ts';
import { PublicView, publicFiles, publicView } from './public.ts';
import { ReporterView, reporterView, versionForReporter } from './reporter.ts';
import { type DeliveryLine, type Hop, type ReportFile, StaffView, staffView } from './staff.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 3, minute));

const record: ProgressRecord = {
  reportId: '019a9f3c-7d1e-7a55-9c0b-6f0f4f2b8d10' as ReportId,
  kind: 'complaint',
  channel: 'web',
  title: 'Drainase mampet depan rumah Bu Aminah',
  anonymous: false,
  confidential: false,
  receivedAt: at(14),
  trackingId: '869931144244',
  filedAt: at(15),
  quarantinedAt: null,
  heldAt: null,
  first: { trackingId: '482910573346', confidential: false },
  route: {
    agencyCode: 'D32.73' as AgencyCode,
    agencyName: 'Pemerintah Kota Bandung',
    topicName: 'Drainase',
    reason: 'Lokasi dipilih: Kec. Coblong, Kota Bandung; topik drainase ditangani pemerintah daerah',
    decidedAt: at(16),
    deliveredAt: at(17),
  },
  withdrawnAt: null,
  additionCount: 1,
  rating: 4,
};

const additionId = '019a9f40-1f1e-7a55-9c0b-6f0f4f2b8d12';
const additions = [{ id: additionId, text: 'Hari ini air sudah masuk ke dapur', receivedAt: at(20) }];

const handover: Handover = {
  reportId: '019a9f3c-7d1e-7a55-9c0b-6f0f4f2b8d10' as ReportId,
  trackingId: '869931144244',
  kind: 'complaint',
  title: 'Drainase mampet',
  text: 'Air meluap ke rumah warga tiap hujan',
  place: { text: 'Jl. Cisitu Indah', lat: -6.8786, lon: 107.6139, areaCode: '32.73.02' },
  topic: 'drainase',
  channel: 'web',
  receivedAt: at(14),
  duplicateOf: null,
  agency: 'D32.73' as AgencyCode,
  reason: 'Lokasi dipilih: Kec. Coblong, Kota Bandung',
  routedAt: at(16),
  anonymous: false,
  confidential: false,
  identity: { name: 'Siti Rohmah', phone: '+6281234567890', email: null, onBehalfOf: 'Ibu Aminah' },
};

type StaffRecord = {
  readonly file: ReportFile;
  readonly hops: readonly Hop[];
  readonly deliveries: readonly DeliveryLine[];
};

const staffRecord: StaffRecord = {
  file: {
    report_id: handover.reportId,
    tracking_id: '869931144244',
    channel: 'web',
    kind: 'complaint',
    title: 'Drainase mampet',
    text: 'Air meluap ke rumah warga tiap hujan',
    place: 'Jl. Cisitu Indah, 32.73.02',
    anonymous: true,
    confidential: true,
    received_at: at(14),
    filed_at: at(15),
    duplicate_of: null,
    copy_of: null,
    copies: 0,
    without_provider_id: false,
    held_for: null,
    quarantine_error: null,
    post_gone_at: at(50),
    viral_since: at(30),
    viral_posts: 24,
  },
  hops: [
    {
      hop: 0,
      agency_code: 'D32.73',
      agency_name: 'Pemerintah Kota Bandung',
      topic_code: 'drainase',
      reason: 'Lokasi dipilih: Kec. Coblong, Kota Bandung',
      confidence: 0.9,
      decided_at: at(16),
    },
  ],
  deliveries: [
    {
      id: '019a9f3c-7d1e-7a55-9c0b-6f0f4f2b8d11',
      agency_code: 'D32.73',
      state: 'pending',
      attempt_count: 1,
      next_attempt_at: at(18),
      finished_at: null,
      last_status: 503,
      last_error: null,
    },
  ],
};

/** The same with a secret member more in every object there is in it. */
function stuffed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(stuffed) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const members = Object.entries(value).map(([name, member]) => [name, stuffed(member)]);
  return { ...Object.fromEntries(members), sealedIdentity: 'kenari-3273010101900001' } as T;
}

const see = {
  public: (more: Partial<ProgressRecord> = {}) => publicView({ ...record, ...more }),
  reporter: (more: Partial<ProgressRecord> = {}, said = additions) =>
    reporterView({ ...record, ...more }, said),
  agency: (more: Partial<Handover> = {}) => webhookBody({ ...handover, ...more }),
  staff: ({ file, hops, deliveries }: StaffRecord) => staffView(file, hops, deliveries),
};

const views: readonly [string, TSchema, unknown, unknown][] = [
  ['public', PublicView, see.public(), see.public(stuffed(record))],
  ['reporter', ReporterView, see.reporter(), see.reporter(stuffed(record), stuffed(additions))],
  ['agency', WebhookBody, see.agency(), see.agency(stuffed(handover))],
  ['staff', StaffView, see.staff(staffRecord), see.staff(stuffed(staffRecord))],
];

describe.each(views)('the %s', (_, schema, view, viewOfStuffed) => {
  test('is shown what its schema says', () => {
    expect(Compile(schema).Errors(view)).toEqual([]);
  });

  test('is shown nothing that nobody listed', () => {
    expect(viewOfStuffed).toEqual(view);
    expect(JSON.stringify(viewOfStuffed)).not.toContain('kenari');
  });
});

test('the public sees how far a report is, without its title', () => {
  expect(see.public()).toEqual({
    trackingId: '869931144244',
    status: 'delivered',
    kind: 'complaint',
    channel: 'web',
    receivedAt: '2026-11-22T03:14:00.000Z',
    agency: { code: 'D32.73', name: 'Pemerintah Kota Bandung' },
    topic: 'Drainase',
    reason: record.route?.reason,
    duplicateOf: '482910573346',
    history: [
      { what: 'received', at: '2026-11-22T03:14:00.000Z', agency: null },
      { what: 'filed', at: '2026-11-22T03:15:00.000Z', agency: null },
      { what: 'routed', at: '2026-11-22T03:16:00.000Z', agency: 'Pemerintah Kota Bandung' },
      { what: 'delivered', at: '2026-11-22T03:17:00.000Z', agency: 'Pemerintah Kota Bandung' },
    ],
  });
});

test('the reporter sees the same, the title, what they added and how they rated it', () => {
  expect(see.reporter()).toEqual({
    ...see.public(),
    title: record.title,
    additions: [
      { id: additionId, at: '2026-11-22T03:20:00.000Z', text: 'Hari ini air sudah masuk ke dapur' },
    ],
    rating: 4,
  });
});

test('what a reporter may read has a name that changes with it, and with nothing that is kept from them', () => {
  const name = versionForReporter(record);
  expect(versionForReporter({ ...record, additionCount: 2 })).not.toBe(name);
  expect(versionForReporter({ ...record, rating: 1 })).not.toBe(name);
  expect(versionForReporter({ ...record, route: null })).not.toBe(name);
  const first = (trackingId: string) => ({ ...record, first: { trackingId, confidential: true } });
  expect(versionForReporter(first('482910573346'))).toBe(versionForReporter(first('103847562918')));
});

test('of a confidential report the public sees nothing, the reporter everything as ever', () => {
  expect(see.public({ confidential: true })).toBeNull();
  expect(see.reporter({ confidential: true })).toEqual(see.reporter());
});

test('a confidential report is not named as the first of its case either', () => {
  const first = { trackingId: '482910573346', confidential: true };
  expect(see.public({ first })?.duplicateOf).toBeNull();
  expect(see.reporter({ first }).duplicateOf).toBeNull();
});

test.each([
  ['accepted', { filedAt: null, route: null }],
  ['in_review', { filedAt: null, quarantinedAt: at(15), route: null }],
  ['in_review', { filedAt: null, heldAt: at(15), route: null }],
  ['forwarded', { route: record.route && { ...record.route, deliveredAt: null } }],
] as const)('a report is %s until more has happened', (status, more) => {
  expect(see.public(more)?.status).toBe(status);
});

test.each([
  ['anonymous', { anonymous: true }],
  ['confidential', { confidential: true }],
])('the agency sees nobody behind an %s report', (_, secrecy) => {
  const body = see.agency(secrecy);
  expect(body.data).not.toHaveProperty('reporter');
  expect(JSON.stringify(body)).not.toMatch(/Siti|81234567890|Aminah/);
});

test.each([
  ['open', {}, ['as_report', 'released']],
  ['anonymous', { anonymous: true }, ['released']],
  ['confidential', { confidential: true }, []],
  ['confidential and anonymous', { confidential: true, anonymous: true }, []],
] as const)('of the files of a report that is %s the public sees those and no others', (_, secrecy, seen) => {
  const files = (['as_report', 'released', 'withdrawn'] as const).flatMap((visibility) =>
    (['ready', 'unscanned', 'infected'] as const).map(
      (state): Attachment => ({
        id: `${visibility}-${state}` as AttachmentId,
        position: 1,
        type: 'image/jpeg',
        bytes: 812_345,
        sha256: 'ab'.repeat(32),
        state,
        visibility,
      }),
    ),
  );
  const listed = publicFiles({ ...record, ...secrecy }, stuffed(files));
  expect(listed).toEqual(
    seen.map((visibility) => ({
      name: 'lampiran-1.jpg',
      type: 'image/jpeg',
      bytes: 812_345,
      state: 'ready',
      path: `/lampiran/${visibility}-ready/lampiran-1.jpg`,
    })),
  );
});

test('where the post is gone the public reads nothing of its words, and the reporter as much as before', () => {
  const gone = { withdrawnAt: at(50) };
  expect(see.public(gone)).toEqual({ ...see.public(), reason: null });
  expect(see.reporter(gone)).toEqual(see.reporter());
  const released: Attachment = {
    id: '019a9f40-1f1e-7a55-9c0b-6f0f4f2b8d13' as Attachment['id'],
    position: 1,
    type: 'image/jpeg',
    bytes: 1,
    sha256: 'ab',
    state: 'ready',
    visibility: 'released',
  };
  expect(publicFiles(record, [released])).toHaveLength(1);
  expect(publicFiles({ ...record, ...gone }, [released])).toEqual([]);
});
