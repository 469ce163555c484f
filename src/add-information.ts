import type { DoorContext } from './context.ts';
import { insertAddition } from './db/additions.ts';
import { insertSeal } from './db/identities.ts';
import { transaction } from './db/pool.ts';
import { maskPersonalData } from './domain/masking.ts';
import type { ChannelName, Original, ReportId } from './domain/report.ts';
import { nameId } from './ids.ts';
import { audienceOf, packSealedReport } from './sealing/sealed-report.ts';

/** What a reporter who is known by the report itself, because they hold its receipt, has to add to it. */
export type Information = {
  readonly report: {
    readonly reportId: ReportId;
    readonly anonymous: boolean;
    readonly confidential: boolean;
  };
  readonly channel: ChannelName;
  /** Names this filling-in of a form: the same words under the same token are one addition, others are another. */
  readonly token: string;
  readonly text: string;
  readonly original: Original;
};

/**
 * Resolves once it is stored: masked, and as it was written under a seal of its own, for whoever may open the report's.
 * Like reports it is never stored twice; unlike them it is not spooled while PostgreSQL is away.
 */
export type AddInformation = (information: Information) => Promise<void>;

export const createAddInformation =
  ({ db, seal, clock }: Pick<DoorContext, 'db' | 'seal' | 'clock'>): AddInformation =>
  async ({ report, channel, token, text, original }) => {
    const { reportId } = report;
    const id = nameId(`${token}\n${text}`, reportId);
    const masked = maskPersonalData(text);
    const unmasked = masked === text ? null : { title: null, text, placeText: null };
    const sealed = seal(packSealedReport({ identity: null, unmasked, original }), {
      reportId: id,
      audience: audienceOf(report),
    });
    const addition = { id, reportId, channel, text: masked, receivedAt: clock() };
    await transaction(db, async (tx) => {
      if (await insertAddition(tx, addition)) await insertSeal(tx, id, sealed);
    });
  };
