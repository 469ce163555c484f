import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../../db/audit.ts';
import { parkDeliveries } from '../../db/deliveries.ts';
import {
  disableEndpoint,
  type EndpointId,
  findActiveEndpoint,
  findRecipient,
  insertEndpoint,
  listEndpoints,
} from '../../db/endpoints.ts';
import { countWaitingFor } from '../../db/journeys.ts';
import { type Pool, transaction } from '../../db/pool.ts';
import type { AgencyCode } from '../../domain/report.ts';
import { newSecret } from '../../outbound/sign.ts';
import { nameOperator } from '../operator.ts';

/** Why an endpoint of the demo is disabled; it tells these from the ones somebody cares about. */
export const demoIsOver = 'the demo is over';

export type DemoEndpoint = { readonly agencyCode: AgencyCode; readonly secret: string };

/**
 * Gives each agency an endpoint at `origin`, for as long as the demo runs. An agency that has one keeps it, and one
 * with reports waiting is left alone too: those are for the real agency, and an endpoint would draw them here.
 */
export async function openEndpoints(
  db: Pool,
  agencyCodes: Iterable<AgencyCode>,
  origin: string,
): Promise<readonly DemoEndpoint[]> {
  const opened: DemoEndpoint[] = [];
  for (const agencyCode of agencyCodes) {
    const endpoint = await transaction(db, async (tx) => {
      const recipient = await findRecipient(tx, agencyCode);
      const isFree =
        recipient?.active === true &&
        (await findActiveEndpoint(tx, agencyCode)) === null &&
        (await countWaitingFor(tx, agencyCode)) === 0;
      if (!isFree) return null;
      const secret = newSecret();
      const url = `${origin}/${agencyCode}`;
      const id = uuidv7() as EndpointId;
      await insertEndpoint(tx, { id, agencyCode, url, secret });
      await recordAudit(tx, {
        actor: nameOperator(),
        action: 'endpoint_added',
        subject: `agency:${agencyCode}`,
        reason: 'the demo begins',
        details: { endpoint: id, host: new URL(url).host },
      });
      return { agencyCode, secret };
    });
    if (endpoint !== null) opened.push(endpoint);
  }
  return opened;
}

/** Disables every endpoint at `origin`, those that an earlier demo left because it was killed among them. */
export async function closeEndpoints(db: Pool, origin: string): Promise<void> {
  const endpoints = await listEndpoints(db);
  for (const { id, agencyCode, state, url } of endpoints) {
    if (state !== 'active' || !url.startsWith(`${origin}/`)) continue;
    await transaction(db, async (tx) => {
      await disableEndpoint(tx, id, demoIsOver, new Date());
      await parkDeliveries(tx, agencyCode);
      await recordAudit(tx, {
        actor: nameOperator(),
        action: 'endpoint_disabled',
        subject: `agency:${agencyCode}`,
        reason: demoIsOver,
        details: { endpoint: id, host: new URL(url).host },
      });
    });
  }
}
