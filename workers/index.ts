import type { WorkerContext } from '../src/context.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { createDeliver } from './deliver.ts';
import { createIntake } from './intake.ts';
import { createMessages } from './messages.ts';
import { createNotify } from './notify.ts';
import { createWithdraw } from './withdraw.ts';

/** Which function does which job. */
export const createHandlers = (context: WorkerContext): Handlers => ({
  intake: createIntake(context),
  messages: createMessages(context),
  deliver: createDeliver(context),
  notify: createNotify(context),
  withdraw: createWithdraw(context),
});
