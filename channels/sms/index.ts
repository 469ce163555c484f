import type { Channel } from '../channel.ts';
import { createGenericReceive } from './generic.ts';
import { createKannelReceive } from './kannel.ts';
import { createKannelSend, type KannelAccount } from './kannel-send.ts';

/**
 * SMS to 1708. Whoever sends one there consents by sending: the text asks the government to act on it. Word back goes
 * through one provider, whichever brought the report.
 */
export function createSmsChannel(settings: {
  readonly genericSecret: string | null;
  readonly kannelSecret: string | null;
  readonly kannelSend: KannelAccount | null;
}): Channel {
  const { genericSecret, kannelSecret, kannelSend } = settings;
  return {
    name: 'sms',
    providers: [
      genericSecret === null
        ? { name: 'generic', off: 'SMS_GENERIC_SECRET is not set' }
        : { name: 'generic', receive: createGenericReceive(genericSecret) },
      kannelSecret === null
        ? { name: 'kannel', off: 'SMS_KANNEL_SECRET is not set' }
        : { name: 'kannel', receive: createKannelReceive(kannelSecret) },
    ],
    ...(kannelSend === null ? {} : { send: createKannelSend(kannelSend) }),
  };
}
