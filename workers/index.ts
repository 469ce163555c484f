import type { Context } from '../src/context.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { createDeliver } from './deliver.ts';
import { createIntake } from './intake.ts';
import { createNotify } from './notify.ts';

/** Which function does which job. */
export const createHandlers = (context: Context): Handlers => ({
  intake: createIntake(context),
  deliver: createDeliver(context),
  notify: createNotify(context),
});
