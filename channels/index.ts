import { join } from 'node:path';
import type { Config } from '../src/config.ts';
import type { Budget, BudgetLimits } from '../src/domain/budget.ts';
import type { ChannelName } from '../src/domain/report.ts';
import type { Channel } from './channel.ts';
import { createEmailChannel } from './email/index.ts';
import { chooseMailAccount } from './email/send/settings.ts';
import { letterChannel } from './letter/index.ts';
import { createSmsChannel } from './sms/index.ts';
import { chooseSmsAccount, listSmsDoors } from './sms/settings.ts';
import { createTwitterChannel } from './twitter/index.ts';
import { webChannel } from './web/index.ts';

/** Every channel there is, one line each. */
export const createChannels = (config: Config, openBudget: OpenBudget): readonly Channel[] => [
  webChannel,
  letterChannel,
  createSmsChannel(listSmsDoors(config), chooseSmsAccount(config)),
  createEmailChannel({
    mailboxesFile: findMailboxesFile(config),
    account: chooseMailAccount(config),
  }),
  createTwitterChannel(config.twitter, openBudget('twitter', config.twitter.budget)),
];

/** The budget of a platform that wants money. */
type OpenBudget = (platform: ChannelName, limits: BudgetLimits) => Budget;

/** Where `lapor mailbox` writes and the gateway reads. */
export const findMailboxesFile = ({ dataDir, email }: Pick<Config, 'dataDir' | 'email'>): string =>
  email.mailboxesFile ?? join(dataDir, 'mailboxes.json');
