import type { Config } from '../../src/config.ts';
import type { SmsAccount, SmsDoors } from './index.ts';

/** Which providers may hand messages over, and what they show for it. */
export const listSmsDoors = (config: Config): SmsDoors => ({
  generic: config.smsGenericSecret,
  kannel: config.smsKannelSecret,
  twilio:
    config.smsTwilioAuthToken === null
      ? null
      : { authToken: config.smsTwilioAuthToken, url: addressOf('twilio', config) },
  vonage: config.smsVonageSignatureSecret,
  infobip:
    config.smsInfobipSecret === null
      ? null
      : { secret: config.smsInfobipSecret, allow: config.smsInfobipAllow },
  '8x8': config.sms8x8Secret === null ? null : { secret: config.sms8x8Secret, allow: config.sms8x8Allow },
});

/**
 * The account that `smsSendProvider` names; null where it names none. A provider is told where to report what became of a
 * message only where its way in is open: it would try in vain for hours.
 */
export function chooseSmsAccount(config: Config): SmsAccount | null {
  switch (config.smsSendProvider) {
    case 'kannel':
      return {
        provider: 'kannel',
        account: {
          url: config.smsKannelSendUrl ?? '',
          user: config.smsKannelSendUser ?? '',
          password: config.smsKannelSendPassword ?? '',
          from: config.smsKannelSendFrom,
          receipts:
            config.smsKannelSecret === null
              ? null
              : { url: config.smsKannelReceiptUrl, secret: config.smsKannelSecret },
        },
      };
    case 'twilio':
      return {
        provider: 'twilio',
        account: {
          apiUrl: config.smsTwilioApiUrl,
          accountSid: config.smsTwilioAccountSid ?? '',
          authToken: config.smsTwilioAuthToken ?? '',
          from: config.smsTwilioFrom,
          receiptUrl: addressOf('twilio', config),
        },
      };
    case 'vonage':
      return {
        provider: 'vonage',
        account: {
          apiUrl: config.smsVonageApiUrl,
          apiKey: config.smsVonageApiKey ?? '',
          apiSecret: config.smsVonageApiSecret ?? '',
          from: config.smsVonageFrom,
          receiptUrl: config.smsVonageSignatureSecret === null ? null : addressOf('vonage', config),
        },
      };
    case 'infobip':
      return {
        provider: 'infobip',
        account: {
          baseUrl: config.smsInfobipBaseUrl ?? '',
          apiKey: config.smsInfobipApiKey ?? '',
          from: config.smsInfobipFrom,
          receiptUrl: secretAddressOf('infobip', config.smsInfobipSecret, config),
        },
      };
    case '8x8':
      return {
        provider: '8x8',
        account: {
          apiUrl: config.sms8x8ApiUrl,
          subaccount: config.sms8x8Subaccount ?? '',
          apiKey: config.sms8x8ApiKey ?? '',
          from: config.sms8x8From,
          receiptUrl: secretAddressOf('8x8', config.sms8x8Secret, config),
        },
      };
    case null:
      return null;
  }
}

const addressOf = (provider: string, { publicUrl }: Config): string =>
  `${publicUrl}/channels/sms/${provider}`;

const secretAddressOf = (provider: string, secret: string | null, config: Config): string | null =>
  secret === null ? null : `${addressOf(provider, config)}/${encodeURIComponent(secret)}`;
