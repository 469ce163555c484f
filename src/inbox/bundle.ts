import type { DoorContext } from '../context.ts';
import type { Bundle } from '../db/bundles.ts';
import { splitBySize } from '../domain/batches.ts';
import { type Inbound, isReport } from '../domain/message.ts';
import type { NewReport, Original } from '../domain/report.ts';
import { newId } from '../ids.ts';
import type { Open } from '../sealing/open.ts';
import type { Seal } from '../sealing/seal.ts';
import { nameReport, type ReportNames } from './entry.ts';

/** Of what the channels got; a bundle is some two and a half times that, and as much memory in whoever unpacks it. */
const maxBytes = 1_000_000;
/** However short they are: as many as a job files in one transaction. */
const maxReports = 200;
const sizeOf = (report: NewReport): number => Math.max(report.original.body.length, maxBytes / maxReports);

/** A report as it is in a bundle: with everything that was decided about it when it was accepted. */
export type PackedReport = ReportNames & { readonly report: NewReport };

/**
 * Nothing has to be looked up before these are acknowledged: nobody can send them again under the same name, and no file
 * waits for them. So they are stored as they come, many under one seal, and a worker does the rest.
 */
export const mayBeBundled = (inbound: Inbound): inbound is NewReport =>
  isReport(inbound) &&
  inbound.externalId === null &&
  inbound.letter === undefined &&
  !inbound.attachments?.length;

/** One bundle as a rule; the reports are in their order. */
export function toBundles(
  reports: readonly NewReport[],
  { seal, clock }: Pick<DoorContext, 'seal' | 'clock'>,
): readonly Bundle[] {
  const now = clock();
  return splitBySize(reports, sizeOf, maxBytes).map((those) =>
    sealBundle(
      those.map((report) => ({ ...nameReport(now), report })),
      newId(),
      seal,
    ),
  );
}

/** A bundle under this id; nobody but a worker opens it, whoever its reports are for. */
export function sealBundle(packed: readonly PackedReport[], id: string, seal: Seal): Bundle {
  return {
    table: 'bundles',
    id,
    reports: packed.map(({ id, receipt, report }) => ({
      id,
      receipt,
      channel: report.channel,
      kind: report.kind,
      anonymous: report.anonymous,
      confidential: report.confidential,
      receivedAtMs: report.receivedAt.getTime(),
    })),
    sealed: seal(pack(packed), { reportId: id, audience: 'nobody' }),
  };
}

/** A packed report as JSON gives it back, and how long its original is. */
type Head = ReportNames & {
  readonly report: Omit<NewReport, 'receivedAt' | 'original'> & {
    readonly receivedAt: number;
    readonly original: Omit<Original, 'body'>;
  };
  readonly bytes: number;
};

/** One line of JSON, then the originals as they came, one after the other. */
function pack(packed: readonly PackedReport[]): Buffer {
  const head: readonly Head[] = packed.map(({ id, receipt, report }) => {
    const { body, ...original } = report.original;
    const receivedAt = report.receivedAt.getTime();
    return { id, receipt, report: { ...report, receivedAt, original }, bytes: body.length };
  });
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    ...packed.map(({ report }) => report.original.body),
  ]);
}

/** What is in a bundle; null where its seal does not open. Throws `AppError` `config` without the private key. */
export async function openBundle(
  open: Open,
  { id, sealed }: Pick<Bundle, 'id' | 'sealed'>,
): Promise<readonly PackedReport[] | null> {
  const bytes = await open(sealed, { reportId: id, audience: 'nobody' });
  if (bytes === null) return null;
  const end = bytes.indexOf('\n');
  const head: readonly Head[] = JSON.parse(bytes.toString('utf8', 0, end));
  let start = end + 1;
  return head.map(({ id, receipt, report, bytes: length }) => {
    const body = bytes.subarray(start, start + length);
    start += length;
    const receivedAt = new Date(report.receivedAt);
    return { id, receipt, report: { ...report, receivedAt, original: { ...report.original, body } } };
  });
}
