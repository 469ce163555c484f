import type { Channel, Provider, Receive } from '../channel.ts';
import { create8x8Receive } from './8x8.ts';
import { create8x8Send, type EightByEightAccount } from './8x8-send.ts';
import type { PathSecret } from './caller.ts';
import { createGenericReceive } from './generic.ts';
import { createInfobipReceive } from './infobip.ts';
import { createInfobipReconcile, createInfobipSend, type InfobipAccount } from './infobip-send.ts';
import { createKannelReceive } from './kannel.ts';
import { createKannelSend, type KannelAccount } from './kannel-send.ts';
import { createTwilioReceive } from './twilio.ts';
import { createTwilioSend, type TwilioAccount } from './twilio-send.ts';
import { createVonageReceive } from './vonage.ts';
import { createVonageSend, type VonageAccount } from './vonage-send.ts';

/** What each way in needs; null: it is off. */
export type SmsDoors = {
  readonly generic: string | null;
  readonly kannel: string | null;
  readonly twilio: { readonly authToken: string; readonly url: string } | null;
  readonly vonage: string | null;
  readonly infobip: PathSecret | null;
  readonly '8x8': PathSecret | null;
};

/** The account through which word goes back; null: nobody is told anything by SMS. */
export type SmsAccount =
  | { readonly provider: 'kannel'; readonly account: KannelAccount }
  | { readonly provider: 'twilio'; readonly account: TwilioAccount }
  | { readonly provider: 'vonage'; readonly account: VonageAccount }
  | { readonly provider: 'infobip'; readonly account: InfobipAccount }
  | { readonly provider: '8x8'; readonly account: EightByEightAccount };

/**
 * SMS to 1708. Whoever sends one there consents by sending: the text asks the government to act on it. Several providers
 * may bring messages; word back goes through one, whichever brought the report.
 */
export function createSmsChannel(doors: SmsDoors, account: SmsAccount | null): Channel {
  return {
    name: 'sms',
    providers: [
      door('generic', 'SMS_GENERIC_SECRET', doors.generic, createGenericReceive),
      door('kannel', 'SMS_KANNEL_SECRET', doors.kannel, createKannelReceive),
      door('twilio', 'SMS_TWILIO_AUTH_TOKEN', doors.twilio, createTwilioReceive),
      door('vonage', 'SMS_VONAGE_SIGNATURE_SECRET', doors.vonage, createVonageReceive),
      { ...door('infobip', 'SMS_INFOBIP_SECRET', doors.infobip, createInfobipReceive), secretInPath: true },
      { ...door('8x8', 'SMS_8X8_SECRET', doors['8x8'], create8x8Receive), secretInPath: true },
    ],
    ...(account === null ? {} : createWayOut(account)),
  };
}

function door<Needs>(
  name: string,
  setting: string,
  needs: Needs | null,
  createReceive: (needs: Needs) => Receive,
): Provider {
  return needs === null ? { name, off: `${setting} is not set` } : { name, receive: createReceive(needs) };
}

function createWayOut(way: SmsAccount): Pick<Channel, 'send' | 'reconcile'> {
  switch (way.provider) {
    case 'kannel':
      return { send: createKannelSend(way.account) };
    case 'twilio':
      return { send: createTwilioSend(way.account) };
    case 'vonage':
      return { send: createVonageSend(way.account) };
    case 'infobip':
      return { send: createInfobipSend(way.account), reconcile: createInfobipReconcile(way.account) };
    case '8x8':
      return { send: create8x8Send(way.account) };
  }
}
