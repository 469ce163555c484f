import type { Pool } from '../src/db/pool.ts';

/** Fills the tables with filed reports, as if the gateway had been running for a while; text and ids are made up. */
export async function preloadReports(db: Pool, count: number): Promise<void> {
  const statements = [
    `insert into reports (id, receipt, channel, external_id, kind, text, anonymous, confidential, received_at)
     select gen_random_uuid(), 'preload' || n, 'web', 'preload:' || n, 'complaint',
       'Laporan lama nomor ' || n || ': jalan rusak dan lampu mati di Kota Bandung, sudah lama tidak diperbaiki.',
       false, false, now() - n * interval '1 minute'
     from generate_series(1, $1::int) as n`,
    `insert into report_identities (report_id, key_id, sealed, content_index)
     select id, 'preload', convert_to(text, 'utf8'), decode(md5(text), 'hex') from reports where $1::int > 0`,
    `insert into filings (report_id, tracking_id, case_id)
     select id, lpad((row_number() over ())::text, 12, '0'), id from reports where $1::int > 0`,
    `insert into fingerprints (fingerprint, report_id, received_at)
     select decode(md5(external_id), 'hex'), id, received_at from reports where $1::int > 0`,
    `insert into routes (report_id, hop, agency_code, reason, confidence)
     select id, 1, 'nasional', 'tidak ada petunjuk lain', 0.1 from reports where $1::int > 0`,
    `insert into deliveries (id, report_id, agency_code, state, next_attempt_at, enqueue_after)
     select gen_random_uuid(), id, 'nasional', 'waiting', now(), now() from reports where $1::int > 0`,
  ];
  for (const statement of statements) await db.query(statement, [count]);
  await db.query('vacuum analyze');
}
