import { Type } from 'typebox';

/**
 * Every job there is. A payload holds ids only: never a text, never a name, so whoever reads Redis learns nothing,
 * and losing Redis loses no report.
 */
export const jobs = {
  /** Deduplicate, give tracking IDs, route, in one transaction for the whole list: reports, or all that are in these bundles. */
  intake: Type.Union([
    Type.Object({ reportIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1 }) }),
    Type.Object({ bundleIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1 }) }),
  ]),
  /** Do what each message asks, or put the parts together to one. */
  messages: Type.Object({ messageIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1 }) }),
  /** One attempt to hand each report over to its agency. */
  deliver: Type.Object({ deliveryIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1 }) }),
  /** Look whether the posts that became these reports are still there, and withdraw what is public of those that are not. */
  withdraw: Type.Object({ reportIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1 }) }),
  /** One attempt to send each message back to its reporter. */
  notify: Type.Object({ notificationIds: Type.Array(Type.String({ format: 'uuid' }), { minItems: 1 }) }),
} as const;

export type JobName = keyof typeof jobs;
export type Payload<Name extends JobName> = Type.Static<(typeof jobs)[Name]>;

/** Puts one job on the queue. Rejects with `AppError` `unavailable` within seconds when the queue is away; the sweeper makes up for it. */
export type Enqueue = <Name extends JobName>(name: Name, payload: Payload<Name>) => Promise<void>;

export type Handlers = { readonly [Name in JobName]: (payload: Payload<Name>) => Promise<void> };
