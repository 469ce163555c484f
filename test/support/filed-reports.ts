import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { insertDeliveries } from '../../src/db/deliveries.ts';
import { type EndpointId, insertEndpoint } from '../../src/db/endpoints.ts';
import { insertFilings, insertFirstRoutes } from '../../src/db/filings.ts';
import type { Pool } from '../../src/db/pool.ts';
import { insertReports } from '../../src/db/reports.ts';
import type { AgencyCode, DeliveryId, Identity, ReportId } from '../../src/domain/report.ts';
import { toInboxEntry } from '../../src/inbox/entry.ts';
import { newSecret } from '../../src/outbound/sign.ts';
import { newReport } from './core.ts';
import { sealing } from './sealing.ts';

/** Agencies, and reports filed for them as intake leaves them. */

let agencies = 0;

/** A new agency without an endpoint. */
export async function addAgency(db: Pool): Promise<AgencyCode> {
  agencies += 1;
  const code = `D99.${agencies}` as AgencyCode;
  await db.query(
    `insert into agencies (code, name, kind, time_zone)
     values ($1, 'Pemerintah Kota Uji', 'city', 'Asia/Jakarta')`,
    [code],
  );
  return code;
}

export async function addEndpoint(db: Pool, agencyCode: AgencyCode, url: string) {
  const endpoint = { id: uuidv7() as EndpointId, agencyCode, url, secret: newSecret() };
  await insertEndpoint(db, endpoint);
  return endpoint;
}

export type Story = {
  readonly identity?: Identity;
  readonly anonymous?: boolean;
  readonly confidential?: boolean;
  readonly duplicateOf?: ReportId;
};

/** A report by SMS about a street lamp, filed and routed to the agency; pending where that has an endpoint. */
export async function fileReport(db: Pool, agencyCode: AgencyCode, now: Date, story: Story = {}) {
  const deliveryId = uuidv7() as DeliveryId;
  const trackingId = String(randomInt(1e12)).padStart(12, '0');
  const report = newReport({
    channel: 'sms',
    text: lampText,
    identity: story.identity ?? null,
    anonymous: story.anonymous ?? false,
    confidential: story.confidential ?? false,
    receivedAt: new Date('2026-11-21T23:15:00Z'),
  });
  const entry = toInboxEntry(report, { ...sealing, clock: () => now });
  const reportId = entry.id;
  const duplicateOf = story.duplicateOf ?? null;
  const duplicateReason = duplicateOf === null ? null : 'teks sama';
  const reason = 'Lokasi disebut: Kota Uji';
  await insertReports(db, [entry], now);
  await insertFilings(db, [{ reportId, trackingId, duplicateOf, duplicateReason }]);
  await insertFirstRoutes(db, [{ reportId, agency: agencyCode, topic: null, reason, confidence: 0.9 }]);
  await insertDeliveries(db, [{ id: deliveryId, reportId, agencyCode }], now);
  return { reportId, trackingId, deliveryId };
}

export const lampText = 'Slmt siang, lampu jln di gg Mawar mati sdh 2 mgg, gelap bgt';

export type DeliveryRow = {
  readonly state: string;
  readonly attempt_count: number;
  readonly next_attempt_at: Date;
  readonly finished: boolean;
};

export async function findDelivery(db: Pool, id: DeliveryId): Promise<DeliveryRow | undefined> {
  const { rows } = await db.query<DeliveryRow>(
    `select state, attempt_count, next_attempt_at, finished_at is not null as finished
     from deliveries where id = $1`,
    [id],
  );
  return rows[0];
}

export async function listAttempts(db: Pool, id: DeliveryId) {
  const { rows } = await db.query<{
    readonly number: number;
    readonly http_status: number | null;
    readonly outcome: string;
    readonly error: string | null;
  }>('select number, http_status, outcome, error from attempts where delivery_id = $1 order by number', [id]);
  return rows;
}
