import type { Config } from '../src/config.ts';
import type { Channel } from './channel.ts';
import { createSmsChannel } from './sms/index.ts';
import { webChannel } from './web/index.ts';

/** Every channel there is, one line each. */
export const createChannels = (config: Config): readonly Channel[] => [
  webChannel,
  createSmsChannel({
    genericSecret: config.smsGenericSecret,
    kannelSecret: config.smsKannelSecret,
    kannelSend:
      config.smsKannelSendUrl === null
        ? null
        : {
            url: config.smsKannelSendUrl,
            user: config.smsKannelSendUser ?? '',
            password: config.smsKannelSendPassword ?? '',
            from: config.smsKannelSendFrom,
          },
  }),
];
