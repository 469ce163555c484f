import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { closedBudget } from '../../src/domain/budget.ts';
import { createChannels } from '../index.ts';
import { chooseSmsAccount } from './settings.ts';

const secrets = {
  SMS_GENERIC_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  SMS_KANNEL_SECRET: 'rahasia-kannel',
  SMS_TWILIO_AUTH_TOKEN: 'rahasia-twilio',
  SMS_VONAGE_SIGNATURE_SECRET: 'rahasia-vonage',
  SMS_INFOBIP_SECRET: 'rahasia-infobip',
  SMS_8X8_SECRET: 'rahasia-8x8',
};
const open = (env: Readonly<Record<string, string>>) =>
  createChannels(parseConfig(env), closedBudget).find(({ name }) => name === 'sms');

describe('the SMS channel', () => {
  it('has every provider off, and says which setting is missing', () => {
    expect(open({})?.providers).toMatchObject([
      { name: 'generic', off: 'SMS_GENERIC_SECRET is not set' },
      { name: 'kannel', off: 'SMS_KANNEL_SECRET is not set' },
      { name: 'twilio', off: 'SMS_TWILIO_AUTH_TOKEN is not set' },
      { name: 'vonage', off: 'SMS_VONAGE_SIGNATURE_SECRET is not set' },
      { name: 'infobip', off: 'SMS_INFOBIP_SECRET is not set' },
      { name: '8x8', off: 'SMS_8X8_SECRET is not set' },
    ]);
    expect(open({})).not.toHaveProperty('send');
  });

  it('has every provider on that has its secret, all at once', () => {
    expect(open(secrets)?.providers.every((provider) => 'receive' in provider)).toBe(true);
  });

  it.each([
    [
      'kannel',
      { SMS_KANNEL_SEND_URL: 'http://127.0.0.1:1', SMS_KANNEL_SEND_USER: 'u', SMS_KANNEL_SEND_PASSWORD: 'p' },
    ],
    ['twilio', { SMS_TWILIO_ACCOUNT_SID: 'AC1', SMS_TWILIO_AUTH_TOKEN: 'rahasia-twilio' }],
    ['vonage', { SMS_VONAGE_API_KEY: 'k', SMS_VONAGE_API_SECRET: 's' }],
    ['infobip', { SMS_INFOBIP_BASE_URL: 'https://x.api.infobip.com', SMS_INFOBIP_API_KEY: 'k' }],
    ['8x8', { SMS_8X8_SUBACCOUNT: 'lapor', SMS_8X8_API_KEY: 'k' }],
  ])('sends through %s where that is the only account', (provider, env) => {
    expect(chooseSmsAccount(parseConfig(env))?.provider).toBe(provider);
    expect(open(env)).toHaveProperty('send');
    expect('reconcile' in (open(env) ?? {})).toBe(provider === 'infobip');
  });

  it('tells a provider where to send receipts only where it may come in', () => {
    const infobip = { SMS_INFOBIP_BASE_URL: 'https://x.api.infobip.com', SMS_INFOBIP_API_KEY: 'k' };
    const env = { ...infobip, PUBLIC_URL: 'https://lapor.example.go.id' };
    expect(chooseSmsAccount(parseConfig(env))).toMatchObject({ account: { receiptUrl: null } });
    expect(chooseSmsAccount(parseConfig({ ...env, SMS_INFOBIP_SECRET: 'rahasia?/#' }))).toMatchObject({
      account: { receiptUrl: 'https://lapor.example.go.id/channels/sms/infobip/rahasia%3F%2F%23' },
    });
  });
});
