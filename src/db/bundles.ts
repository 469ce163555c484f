import type { Accepted, ChannelName, Kind, Receipt, ReportId } from '../domain/report.ts';
import type { Sealed } from '../sealing/seal.ts';
import type { Db } from './pool.ts';

/** Of a report in a bundle what is no secret: its receipt's holder may ask for it before it is unpacked. */
export type BundledReport = Pick<Accepted, 'receipt'> & {
  readonly id: ReportId;
  readonly channel: ChannelName;
  readonly kind: Kind;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  /** Milliseconds since 1970: what is written with every report. */
  readonly receivedAtMs: number;
};

/** Reports that were accepted together, under one seal, as PostgreSQL and the spool take them. */
export type Bundle = {
  readonly table: 'bundles';
  readonly id: string;
  /** Never empty; their receipts were made in one second. */
  readonly reports: readonly BundledReport[];
  readonly sealed: Sealed;
};

/** What all receipts made in one second begin with. */
const madeIn = (receipt: Receipt): string => receipt.slice(0, 7);

/** Stores it once, however often it is given. */
export async function insertBundle(
  db: Db,
  { id, reports, sealed }: Bundle,
  enqueueAfter: Date,
  setAside: { readonly at: Date; readonly error: string } | null = null,
): Promise<void> {
  const [first] = reports as [BundledReport];
  await db.query({
    name: 'insert-bundle',
    text: `
      insert into bundles (id, reports, size, made_in, enqueue_after, key_id, sealed, set_aside_at, error)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      on conflict (id) do nothing`,
    values: [
      id,
      JSON.stringify(reports),
      reports.length,
      madeIn(first.receipt),
      enqueueAfter,
      sealed.keyId,
      sealed.bytes,
      setAside?.at ?? null,
      setAside?.error ?? null,
    ],
  });
}

/** Takes those of the list that nobody has taken or is taking, for good where the transaction commits. */
export async function takeBundles(
  db: Db,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly sealed: Sealed }[]> {
  const { rows } = await db.query<{ id: string; key_id: string; sealed: Buffer }>({
    name: 'take-bundles',
    text: `
      delete from bundles where id in (
        select id from bundles where id = any($1::uuid[]) and set_aside_at is null for update skip locked
      )
      returning id, key_id, sealed`,
    values: [ids],
  });
  return rows.map(({ id, key_id, sealed }) => ({ id, sealed: { keyId: key_id, bytes: sealed } }));
}

/** Keeps one for staff that cannot be unpacked: nothing of it is lost, and its receipts are still known. */
export async function setBundleAside(db: Db, id: string, error: string): Promise<void> {
  await db.query({
    text: 'update bundles set set_aside_at = now(), error = $2 where id = $1 and set_aside_at is null',
    values: [id, error],
  });
}

/** Puts one that was set aside back, due at once; false where none has this id, whatever was typed. */
export async function releaseBundle(db: Db, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      update bundles set set_aside_at = null, error = null, enqueue_after = $2
      where id::text = lower($1) and set_aside_at is not null`,
    values: [id, now],
  });
  return rowCount === 1;
}

/** A report in a bundle, found by its receipt; `setAsideAt` where staff must look. Null where it is in none, or in none any more. */
export async function findBundledReport(
  db: Db,
  receipt: string,
): Promise<(BundledReport & { readonly setAsideAt: Date | null }) | null> {
  const { rows } = await db.query<BundledReport & { readonly setAsideAt: Date | null }>({
    name: 'find-bundled-report',
    text: `
      select report.*, bundle.set_aside_at as "setAsideAt"
      from bundles as bundle
      cross join lateral json_to_recordset(bundle.reports) as report (
        id uuid, receipt text, channel text, kind text, anonymous boolean, confidential boolean,
        "receivedAtMs" float8
      )
      where bundle.made_in = left($1, 7) and report.receipt = $1`,
    values: [receipt],
  });
  return rows[0] ?? null;
}
