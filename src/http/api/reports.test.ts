import { expect, test } from 'vitest';
import type { AgencyCode, NewReport } from '../../domain/report.ts';
import { emptyDirectory } from '../../domain/routing/directory.ts';
import { resolveWishes } from './reports.ts';

const report: NewReport = {
  ...{ channel: 'web', externalId: 'a', kind: 'complaint', title: null, text: 'Lampu jalan di Coblong mati' },
  ...{ occurredOn: null, place: null, topic: null, agency: null, identity: null },
  ...{ anonymous: false, confidential: false, receivedAt: new Date('2026-11-22T08:00:00Z') },
  original: { contentType: 'text/plain', body: Buffer.from('a'), messageId: null },
  hold: null,
};

test.each([
  ['D32.73', 'infrastruktur.jalan', 'D32.73', 'infrastruktur.jalan'],
  ['kantor Pak Asep, RT 03', 'Lurah Asep minta uang', null, null],
  ['081234567890', '0812-3456-7890', null, null],
  [null, null, null, null],
])(
  'before the directory has loaded, the wishes %j and %j are kept as %j and %j',
  (agency, topic, kept, keptTopic) => {
    const wishes = { agency: agency as AgencyCode | null, topic };
    const resolved = resolveWishes({ ...report, ...wishes }, { directory: emptyDirectory });
    expect(resolved).toEqual({ ...report, agency: kept, topic: keptTopic });
  },
);
