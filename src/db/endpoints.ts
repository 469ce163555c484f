import type { AgencyCode } from '../domain/report.ts';
import type { Db } from './pool.ts';

declare const endpoint: unique symbol;
export type EndpointId = string & { readonly [endpoint]: true };

export type Endpoint = {
  readonly id: EndpointId;
  readonly agencyCode: AgencyCode;
  readonly agencyName: string;
  readonly url: string;
  readonly state: 'active' | 'disabled';
  readonly disabledReason: string | null;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  /** Failures in a row; 0 where the last attempt was answered. */
  readonly failureCount: number;
  readonly restingUntil: Date | null;
};

/** The agency that an endpoint is to be added for, locked so that only one is added at a time; null where the code is unknown. */
export async function findRecipient(
  db: Db,
  code: string,
): Promise<{ readonly code: AgencyCode; readonly name: string; readonly active: boolean } | null> {
  const { rows } = await db.query<{ code: AgencyCode; name: string; active: boolean }>({
    name: 'find-recipient',
    text: 'select code, name, active from agencies where code = $1 for no key update',
    values: [code],
  });
  return rows[0] ?? null;
}

/** Fails with the constraint `endpoints_one_active` where the agency has an active endpoint already. */
export async function insertEndpoint(
  db: Db,
  row: {
    readonly id: EndpointId;
    readonly agencyCode: AgencyCode;
    readonly url: string;
    readonly secret: string;
  },
): Promise<void> {
  await db.query({
    name: 'insert-endpoint',
    text: 'insert into endpoints (id, agency_code, url, secret) values ($1, $2, $3, $4)',
    values: [row.id, row.agencyCode, row.url, row.secret],
  });
}

/** All endpoints there ever were, by agency, the active one first; never with its secret. */
export async function listEndpoints(db: Db): Promise<readonly Endpoint[]> {
  const { rows } = await db.query<Row>({
    name: 'list-endpoints',
    text: `
      select endpoint.id, endpoint.agency_code, agency.name as agency_name, endpoint.url, endpoint.state,
        endpoint.disabled_reason, endpoint.created_at, endpoint.disabled_at, endpoint.failure_count,
        endpoint.resting_until
      from endpoints as endpoint join agencies as agency on agency.code = endpoint.agency_code
      order by endpoint.agency_code, endpoint.state, endpoint.created_at desc`,
  });
  return rows.map((row) => ({
    id: row.id,
    agencyCode: row.agency_code,
    agencyName: row.agency_name,
    url: row.url,
    state: row.state,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    failureCount: row.failure_count,
    restingUntil: row.resting_until,
  }));
}

type Row = {
  id: EndpointId;
  agency_code: AgencyCode;
  agency_name: string;
  url: string;
  state: 'active' | 'disabled';
  disabled_reason: string | null;
  created_at: Date;
  disabled_at: Date | null;
  failure_count: number;
  resting_until: Date | null;
};

/** The active endpoint with that id, or of that agency; null where there is none. */
export async function findActiveEndpoint(
  db: Db,
  idOrAgency: string,
): Promise<{ readonly id: EndpointId; readonly agencyCode: AgencyCode; readonly url: string } | null> {
  const { rows } = await db.query<{ id: EndpointId; agency_code: AgencyCode; url: string }>({
    name: 'find-active-endpoint',
    text: `
      select id, agency_code, url from endpoints
      where state = 'active' and (id::text = lower($1) or agency_code = $1)`,
    values: [idOrAgency],
  });
  const row = rows[0];
  return row === undefined ? null : { id: row.id, agencyCode: row.agency_code, url: row.url };
}

/** False where it was disabled already. What is pending for its agency is the caller's to park. */
export async function disableEndpoint(db: Db, id: EndpointId, reason: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'disable-endpoint',
    text: `
      update endpoints set state = 'disabled', disabled_reason = $2, disabled_at = $3, resting_until = null
      where id = $1 and state = 'active'`,
    values: [id, reason, now],
  });
  return rowCount === 1;
}

/**
 * Counts a failed attempt and returns how many there were in a row; null where the attempt began before the endpoint's
 * present rest, so that what was under way together counts as one trouble.
 */
export async function countEndpointFailure(
  db: Db,
  id: EndpointId,
  attemptStartedAt: Date,
): Promise<number | null> {
  const { rows } = await db.query<{ failure_count: number }>({
    name: 'count-endpoint-failure',
    text: `
      update endpoints set failure_count = failure_count + 1
      where id = $1 and coalesce(resting_until <= $2, true)
      returning failure_count`,
    values: [id, attemptStartedAt],
  });
  return rows[0]?.failure_count ?? null;
}

export async function restEndpoint(db: Db, id: EndpointId, until: Date): Promise<void> {
  await db.query({
    name: 'rest-endpoint',
    text: `
      update endpoints set resting_until = greatest(resting_until, $2)
      where id = $1 and state = 'active'`,
    values: [id, until],
  });
}

/** The endpoint answers again. */
export async function clearEndpointFailures(db: Db, id: EndpointId): Promise<void> {
  await db.query({
    name: 'clear-endpoint-failures',
    text: 'update endpoints set failure_count = 0, resting_until = null where id = $1 and failure_count > 0',
    values: [id],
  });
}
