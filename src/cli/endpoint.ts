import { defineCommand } from 'citty';
import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../db/audit.ts';
import { parkDeliveries, reopenDeliveries } from '../db/deliveries.ts';
import {
  disableEndpoint,
  type Endpoint,
  type EndpointId,
  findActiveEndpoint,
  findRecipient,
  insertEndpoint,
  listEndpoints,
} from '../db/endpoints.ts';
import { type Pool, transaction } from '../db/pool.ts';
import { AppError } from '../errors.ts';
import { newSecret } from '../outbound/sign.ts';
import { findTargetProblem } from '../outbound/target.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const add = defineCommand({
  meta: {
    name: 'add',
    description: 'Have reports for an agency sent to a URL; prints the signing secret once',
  },
  args: {
    agency: { type: 'positional', description: 'Code of the agency, such as D32.73', required: true },
    url: { type: 'positional', description: 'https address that takes the webhooks', required: true },
    replace: { type: 'boolean', description: 'Disable the endpoint the agency has now', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const problem = findTargetProblem(args.url, config.outboundAllow);
      if (problem !== null) throw new AppError('invalid', `The URL ${problem}.`);
      const added = await addEndpoint(db, args.agency, new URL(args.url).href, args.replace);
      console.log(describeAdded(added));
    }),
});

type Added = {
  readonly id: EndpointId;
  readonly agencyName: string;
  readonly url: string;
  readonly secret: string;
  readonly reopened: number;
};

/** Throws `AppError` `agency-unknown`, or `conflict` where the agency is inactive or has one and `replace` is not set. */
export function addEndpoint(db: Pool, agency: string, url: string, replace: boolean): Promise<Added> {
  return transaction(db, async (tx) => {
    const recipient = await findRecipient(tx, agency);
    if (recipient === null) {
      throw new AppError(
        'agency-unknown',
        `No agency has the code ${agency}; "lapor agency list" shows them all.`,
      );
    }
    if (!recipient.active) {
      throw new AppError('conflict', `${recipient.name} (${agency}) is inactive: no report is routed to it.`);
    }
    const now = new Date();
    const present = await findActiveEndpoint(tx, recipient.code);
    if (present !== null && !replace) {
      throw new AppError(
        'conflict',
        `${recipient.name} (${agency}) has an endpoint already: ${present.url}. Add --replace to disable that one.`,
      );
    }
    if (present !== null) await disableEndpoint(tx, present.id, 'replaced by another endpoint', now);
    const endpoint = { id: uuidv7() as EndpointId, agencyCode: recipient.code, url, secret: newSecret() };
    await insertEndpoint(tx, endpoint);
    const reopened = await reopenDeliveries(tx, recipient.code, now);
    await recordAudit(tx, {
      actor: nameOperator(),
      action: present === null ? 'endpoint_added' : 'endpoint_replaced',
      subject: `agency:${recipient.code}`,
      reason: null,
      details: {
        endpoint: endpoint.id,
        // the rest of the URL may hold a token
        host: new URL(url).host,
        ...(present === null ? {} : { replaced: present.id, replacedHost: new URL(present.url).host }),
      },
    });
    return { ...endpoint, agencyName: recipient.name, reopened };
  });
}

const describeAdded = ({ id, agencyName, url, secret, reopened }: Added): string => `\
Reports for ${agencyName} go to ${url}
${reopened === 0 ? 'None waited for it.' : `${reopened} that waited for it will be sent now.`}

  endpoint  ${id}
  secret    ${secret}

The secret is shown only this once. Hand it to the agency over a safe way: with it every webhook is verified as
Standard Webhooks describes (https://www.standardwebhooks.com, libraries for most languages), in JavaScript:
  new Webhook(secret).verify(rawBody, headers)   // throws unless signed by us within five minutes
A report may come more than once under the same webhook-id: answer 2xx to each, file it once.`;

const list = defineCommand({
  meta: { name: 'list', description: 'Show the endpoints of all agencies, without their secrets' },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const endpoints = await listEndpoints(db);
      if (args.json) console.log(JSON.stringify(endpoints, null, 2));
      else if (endpoints.length === 0)
        console.log('No agency has an endpoint: all reports wait to be pulled.');
      else console.log(endpoints.map(describeEndpoint).join('\n\n'));
    }),
});

function describeEndpoint(endpoint: Endpoint): string {
  return `\
${endpoint.agencyCode}  ${endpoint.agencyName}
  ${endpoint.url}
  ${describeState(endpoint)}
  ${endpoint.id}, added ${day(endpoint.createdAt)}`;
}

function describeState({ state, disabledAt, disabledReason, failureCount, restingUntil }: Endpoint): string {
  if (state === 'disabled')
    return `disabled ${disabledAt === null ? '' : day(disabledAt)}: ${disabledReason}`;
  if (failureCount === 0) return 'active';
  const rest = restingUntil === null ? '' : `, tried again from ${restingUntil.toISOString()}`;
  return `active, but the last ${failureCount} attempts failed${rest}`;
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

const disable = defineCommand({
  meta: { name: 'disable', description: 'Send nothing more to an endpoint; reports for its agency wait' },
  args: {
    endpoint: {
      type: 'positional',
      description: 'Id of the endpoint, or code of its agency',
      required: true,
    },
    reason: {
      type: 'string',
      description: 'Why, for whoever asks later',
      default: 'disabled by an operator',
    },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const parked = await transaction(db, async (tx) => {
        const endpoint = await findActiveEndpoint(tx, args.endpoint);
        if (endpoint === null) {
          throw new AppError(
            'not-found',
            `No active endpoint has the id or agency ${args.endpoint}; "lapor endpoint list" shows them all.`,
          );
        }
        await disableEndpoint(tx, endpoint.id, args.reason, new Date());
        const waiting = await parkDeliveries(tx, endpoint.agencyCode);
        await recordAudit(tx, {
          actor: nameOperator(),
          action: 'endpoint_disabled',
          subject: `agency:${endpoint.agencyCode}`,
          reason: args.reason,
          details: { endpoint: endpoint.id, host: new URL(endpoint.url).host },
        });
        return waiting;
      });
      console.log(
        `Disabled. Reports waiting for the agency now: ${parked}. "lapor endpoint add" has them sent.`,
      );
    }),
});

/** `lapor endpoint …`: where agencies take their reports. */
export const endpointCommand = defineCommand({
  meta: { name: 'endpoint', description: "Agencies' webhook endpoints" },
  subCommands: { add, list, disable },
});
