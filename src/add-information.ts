import type { DoorContext } from './context.ts';
import { insertAddition } from './db/additions.ts';
import { insertAdditionDelivery } from './db/deliveries.ts';
import { insertSeal } from './db/identities.ts';
import { transaction } from './db/pool.ts';
import { maskPersonalData } from './domain/masking.ts';
import type { ChannelName, DeliveryId, Original, ReportId } from './domain/report.ts';
import { describeFailure } from './errors.ts';
import { nameId, newId } from './ids.ts';
import { packSealedReport } from './sealing/sealed-report.ts';

/** What a reporter who is known by the report itself, because they hold its receipt, has to add to it. */
export type Information = {
  readonly report: { readonly reportId: ReportId };
  readonly channel: ChannelName;
  /** Names this filling-in of a form: the same words under the same token are one addition, others are another. */
  readonly token: string;
  readonly text: string;
  readonly original: Original;
};

/**
 * Resolves once it is stored: masked, and as it was written under a seal of its own. The agency that has the report gets it
 * as a delivery of its own. Like reports it is never stored twice; unlike them it is not spooled while PostgreSQL is away.
 */
export type AddInformation = (information: Information) => Promise<void>;

export const createAddInformation =
  ({
    db,
    seal,
    clock,
    enqueue,
    log,
  }: Pick<DoorContext, 'db' | 'seal' | 'clock' | 'enqueue' | 'log'>): AddInformation =>
  async ({ report, channel, token, text, original }) => {
    const { reportId } = report;
    const id = nameId(`${token}\n${text}`, reportId);
    const masked = maskPersonalData(text);
    const unmasked = masked === text ? null : { title: null, text, placeText: null };
    const sealed = seal(packSealedReport({ identity: null, unmasked, original }), {
      reportId: id,
      audience: 'nobody',
    });
    const addition = { id, reportId, channel, text: masked, receivedAt: clock() };
    const pending = await transaction(db, async (tx) => {
      if (!(await insertAddition(tx, addition))) return null;
      await insertSeal(tx, id, sealed, null);
      const delivery = { id: newId<DeliveryId>(), reportId, additionId: id };
      return insertAdditionDelivery(tx, delivery, clock());
    });
    if (pending === null) return;
    // Never awaited: it is a row already, and the sweeper makes up for a queue that is away.
    enqueue('deliver', { deliveryIds: [pending] }).catch((error: unknown) =>
      log.warn({ event: 'deliver_not_enqueued', error: describeFailure(error) }),
    );
  };
