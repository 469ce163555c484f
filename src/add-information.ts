import type { DoorContext } from './context.ts';
import { insertAddition } from './db/additions.ts';
import { insertAddedFiles, lockFilesOf } from './db/attachments.ts';
import { insertAdditionDelivery } from './db/deliveries.ts';
import { insertSeal } from './db/identities.ts';
import { type Db, transaction } from './db/pool.ts';
import type { NewAttachment } from './domain/attachment.ts';
import { maskPersonalData } from './domain/masking.ts';
import type { ChannelName, DeliveryId, Original, ReportId } from './domain/report.ts';
import { AppError, describeFailure } from './errors.ts';
import { nameId, newId } from './ids.ts';
import { packSealedReport } from './sealing/sealed-report.ts';

/** What a reporter who is known by the report itself, because they hold its receipt, has to add to it. */
export type Information = {
  readonly report: { readonly reportId: ReportId };
  readonly channel: ChannelName;
  /** Names this filling-in of a form: the same words and files under the same token are one addition, others are another. */
  readonly token: string;
  /** May be empty where there are files. */
  readonly text: string;
  readonly files: readonly NewAttachment[];
  readonly original: Original;
};

/**
 * Resolves once it is stored: masked, and as it was written under a seal of its own, which has the names of its files too.
 * The agency that has the report gets it as a delivery of its own. Like reports it is never stored twice; unlike them it is
 * not spooled while PostgreSQL is away. Throws `AppError` `invalid` where a file was put with something else before; nothing
 * is stored then.
 */
export type AddInformation = (information: Information) => Promise<'added' | 'repeated'>;

export const createAddInformation =
  ({
    db,
    seal,
    clock,
    enqueue,
    log,
  }: Pick<DoorContext, 'db' | 'seal' | 'clock' | 'enqueue' | 'log'>): AddInformation =>
  async ({ report, channel, token, text, files, original }) => {
    const { reportId } = report;
    const id = nameId([token, text, ...files.map(({ sha256 }) => sha256)].join('\n'), reportId);
    const masked = maskPersonalData(text);
    const unmasked = masked === text ? null : { title: null, text, placeText: null };
    const fileNames = Object.fromEntries(
      files.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])),
    );
    const sealed = seal(packSealedReport({ identity: null, unmasked, original, fileNames }), {
      reportId: id,
      audience: 'nobody',
    });
    const addition = {
      id,
      reportId,
      channel,
      text: masked,
      receivedAt: clock(),
      fileCount: files.length,
    };
    const stored = await transaction(db, async (tx) => {
      if (!(await insertAddition(tx, addition))) return null;
      await insertSeal(tx, id, sealed, null);
      if (files.length > 0) await putFiles(tx, { reportId, additionId: id }, files);
      const delivery = { id: newId<DeliveryId>(), reportId, additionId: id };
      return { pending: await insertAdditionDelivery(tx, delivery, clock()) };
    });
    if (stored === null) return 'repeated';
    if (stored.pending === null) return 'added';
    // Never awaited: it is a row already, and the sweeper makes up for a queue that is away.
    enqueue('deliver', { deliveryIds: [stored.pending] }).catch((error: unknown) =>
      log.warn({ event: 'deliver_not_enqueued', error: describeFailure(error) }),
    );
    return 'added';
  };

async function putFiles(
  db: Db,
  to: { readonly reportId: ReportId; readonly additionId: string },
  files: readonly NewAttachment[],
): Promise<void> {
  await lockFilesOf(db, to.reportId);
  const put = await insertAddedFiles(db, to, files);
  if (put < files.length) throw new AppError('invalid', 'a file was put with something else before');
}
