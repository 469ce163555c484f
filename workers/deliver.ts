import type { WorkerContext } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import { parkDeliveries } from '../src/db/deliveries.ts';
import {
  type Attempt,
  type Lease,
  leaseDeliveries,
  recordAttempt,
  returnLeases,
} from '../src/db/delivery-leases.ts';
import {
  clearEndpointFailures,
  countEndpointFailure,
  disableEndpoint,
  type EndpointId,
  restEndpoint,
} from '../src/db/endpoints.ts';
import { findSealedReport } from '../src/db/identities.ts';
import { transaction } from '../src/db/pool.ts';
import { agencyPath } from '../src/domain/attachment.ts';
import { type AddedText, addedBody, type Handover, webhookBody } from '../src/domain/audiences/agency.ts';
import { restUntil, type Settlement, settleAttempt } from '../src/domain/delivery.ts';
import { after } from '../src/domain/moment.ts';
import type { AgencyCode } from '../src/domain/report.ts';
import { createLanes } from '../src/outbound/lanes.ts';
import { signWebhook } from '../src/outbound/sign.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { audienceOf, openSealedReport } from '../src/sealing/sealed-report.ts';

/** Posts at once in this process, and of them to one agency. */
const lanes = { total: 64, perLane: 8 } as const;

/**
 * A job starts posts for this long and gives back what it did not get to, so that one slow agency cannot hold it;
 * the lease outlasts that, the longest post (17 s) and a slow database.
 */
const startWithinMs = 10_000;
const leaseMs = 60_000;

/** How long an agency may take to fetch the files of a report. */
const fetchWithinMs = 7 * 24 * 60 * 60_000;

const events = {
  accepted: 'delivery_accepted',
  retry: 'delivery_retry',
  refused: 'delivery_refused',
  gone: 'endpoint_gone',
} as const;

/**
 * Makes the handler of `deliver` jobs: one attempt for each delivery of the list that is due, recorded. What fails
 * stays with its own delivery; the job fails only where an attempt could not be recorded, and then the lease runs out
 * and the agency gets the report again under the same `webhook-id`.
 */
export function createDeliver(
  context: Pick<WorkerContext, 'config' | 'db' | 'open' | 'clock' | 'log' | 'post'>,
): Handlers['deliver'] {
  const { config, db, open, clock, log, post } = context;
  const inLane = createLanes(lanes);
  /** Endpoints this process saw failing, and until when each rests. */
  const ailing = new Map<EndpointId, Date | null>();

  return async ({ deliveryIds }) => {
    const now = clock();
    const startBy = after(now, startWithinMs);
    const leases = await leaseDeliveries(db, deliveryIds, now, after(now, leaseMs));
    const untouched: Lease[] = [];
    const results = await Promise.allSettled(
      leases.map((lease) =>
        inLane(lease.endpoint.id, async () => {
          const startedAt = clock();
          const rests = (ailing.get(lease.endpoint.id) ?? startedAt) > startedAt;
          if (rests || startedAt > startBy) return void untouched.push(lease);
          // What keeps us from telling who reports (a key that is not here yet) is no attempt at the agency.
          const told = await reveal(lease).catch((error: unknown) => {
            untouched.push(lease);
            throw error;
          });
          await attempt(lease, told, startedAt);
        }),
      ),
    );
    if (untouched.length > 0) await returnLeases(db, untouched, clock());
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  };

  async function attempt(
    lease: Lease,
    { handover, addition }: { readonly handover: Handover; readonly addition: AddedText | null },
    startedAt: Date,
  ): Promise<void> {
    const { id, roundAttempt, endpoint } = lease;
    const attachments = lease.files.map(({ type, bytes, sha256, ...file }) => ({
      type,
      bytes,
      sha256,
      url: config.publicUrl + agencyPath({ ...file, type }, endpoint, after(startedAt, fetchWithinMs)),
    }));
    const bytes = JSON.stringify(
      addition === null
        ? webhookBody({ ...handover, attachments })
        : addedBody(handover, { ...addition, attachments }),
    );
    const headers = signWebhook(endpoint.secret, id, startedAt, bytes);
    crashPoint('deliver:before-send');
    const outcome = await post({ url: endpoint.url, headers, body: bytes });
    crashPoint('deliver:after-send');
    const endedAt = clock();
    const settlement = settleAttempt(outcome, roundAttempt, endedAt, Math.random);
    await record(lease, settlement, {
      startedAt,
      endedAt,
      httpStatus: outcome.kind === 'answer' ? outcome.status : null,
    });
    crashPoint('deliver:after-record');
    if (settlement.agencyAway) await noteFailure(lease, startedAt, endedAt, settlement.retryAfter);
    else if (outcome.kind === 'answer') await noteAnswer(lease);
  }

  /**
   * Adds who reports, and the words as they were written, where the agency may know: that is, where the seal opens for it.
   * One that does not, although the report says it should, was tampered with, and the agency gets what anybody would. The
   * seal of what was added names no audience; the report's speaks for it.
   */
  async function reveal({
    handover: sealedUp,
    addition,
  }: Lease): Promise<{ readonly handover: Handover; readonly addition: AddedText | null }> {
    const nothing = { handover: { ...sealedUp, identity: null }, addition };
    if (audienceOf(sealedUp) !== 'agency') return nothing;
    const { reportId, place } = sealedUp;
    const sealed = await findSealedReport(db, reportId);
    const opened = sealed && (await openSealedReport(open, reportId, sealed, 'agency'));
    if (opened === null) {
      log.error({ event: 'identity_not_openable', reportId });
      return nothing;
    }
    const { identity, unmasked } = opened;
    const handover =
      unmasked === null
        ? { ...sealedUp, identity }
        : {
            ...sealedUp,
            identity,
            title: unmasked.title,
            text: unmasked.text,
            place: place && { ...place, text: unmasked.placeText },
          };
    return { handover, addition: addition && (await revealAdded(addition)) };
  }

  async function revealAdded(addition: AddedText): Promise<AddedText> {
    // We said it: there is nothing else in it than everybody may read.
    if (addition.note != null) return addition;
    const sealed = await findSealedReport(db, addition.id);
    const opened = sealed && (await openSealedReport(open, addition.id, sealed, 'nobody'));
    if (opened === null) log.error({ event: 'identity_not_openable', additionId: addition.id });
    return { ...addition, text: opened?.unmasked?.text ?? addition.text };
  }

  async function record(
    lease: Lease,
    { verdict, error, nextAttemptAt }: Settlement,
    made: Pick<Attempt, 'startedAt' | 'endedAt' | 'httpStatus'>,
  ): Promise<void> {
    const { id, attempt: number, endpoint, handover } = lease;
    const row = { ...made, deliveryId: id, number, endpointId: endpoint.id, verdict, error, nextAttemptAt };
    if (verdict === 'gone') await closeEndpoint(row, handover.agency);
    else await recordAttempt(db, row);
    log[verdict === 'accepted' || verdict === 'retry' ? 'info' : 'warn']({
      event: events[verdict],
      deliveryId: id,
      reportId: handover.reportId,
      agencyCode: handover.agency,
      endpointId: endpoint.id,
      attempt: number,
      httpStatus: made.httpStatus,
      durationMs: made.endedAt.getTime() - made.startedAt.getTime(),
      error,
      nextAttemptAt,
    });
  }

  /**
   * Everything for the agency waits from now on, unless it has another endpoint by then. The endpoint is locked first:
   * two attempts that find it gone at once must not wait for each other's deliveries.
   */
  async function closeEndpoint(row: Attempt, agency: AgencyCode): Promise<void> {
    await transaction(db, async (tx) => {
      await disableEndpoint(tx, row.endpointId, 'it answered 410 Gone', row.endedAt);
      await recordAttempt(tx, row);
      await parkDeliveries(tx, agency);
    });
  }

  /** One transaction, so that of several attempts failing together those after the first to make it rest do not count. */
  async function noteFailure(
    lease: Lease,
    startedAt: Date,
    now: Date,
    retryAfter: Date | null,
  ): Promise<void> {
    const { id } = lease.endpoint;
    const trouble = await transaction(db, async (tx) => {
      const failures = await countEndpointFailure(tx, id, startedAt);
      if (failures === null) return null;
      const until = restUntil(failures, now, retryAfter);
      if (until !== null) await restEndpoint(tx, id, until);
      return { failures, until };
    });
    if (trouble === null) return;
    ailing.set(id, trouble.until);
    if (trouble.until === null) return;
    log.warn({ event: 'endpoint_resting', endpointId: id, agencyCode: lease.handover.agency, ...trouble });
  }

  async function noteAnswer({ endpoint }: Lease): Promise<void> {
    if (!endpoint.failing && !ailing.has(endpoint.id)) return;
    ailing.delete(endpoint.id);
    await clearEndpointFailures(db, endpoint.id);
  }
}
