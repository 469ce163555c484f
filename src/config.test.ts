import { expect, test } from 'vitest';
import { describeConfig, parseConfig } from './config.ts';

test.each([
  ['loopback', ['loopback']],
  ['10.0.0.5, 10.1.0.0/16,2001:DB8::/32', ['10.0.0.5', '10.1.0.0/16', '2001:db8::/32']],
])('TRUST_PROXY=%s names proxies', (value, proxies) => {
  expect(parseConfig({ TRUST_PROXY: value }).trustProxy).toEqual(proxies);
});

test.each(['10.0.0.0/33', '10.0.0.0/0', 'proxy.internal', '10.0.0.1/8/8', '::/129', '10.0.0.1,', 'true'])(
  'TRUST_PROXY=%s stops the start',
  (value) => {
    expect(() => parseConfig({ TRUST_PROXY: value })).toThrow(
      'TRUST_PROXY cannot be used: expected addresses',
    );
  },
);

const kannel = {
  SMS_KANNEL_SEND_URL: 'http://127.0.0.1:13013/cgi-bin/sendsms',
  SMS_KANNEL_SEND_USER: 'lapor',
  SMS_KANNEL_SEND_PASSWORD: 'rahasia-kirim',
};

test('sending by Kannel is set up whole or not at all', () => {
  expect(parseConfig(kannel)).toMatchObject({ smsKannelSendUser: 'lapor', smsKannelSendFrom: '1708' });
  expect(() => parseConfig({ ...kannel, SMS_KANNEL_SEND_PASSWORD: ' ' })).toThrow(
    'SMS_KANNEL_SEND_URL is set, so SMS_KANNEL_SEND_PASSWORD must be set too',
  );
  expect(() => parseConfig({ SMS_KANNEL_SEND_USER: 'lapor' })).toThrow(
    'SMS_KANNEL_SEND_USER is set, so SMS_KANNEL_SEND_URL and SMS_KANNEL_SEND_PASSWORD must be set too',
  );
});

const infobip = { SMS_INFOBIP_BASE_URL: 'https://x.api.infobip.com', SMS_INFOBIP_API_KEY: 'rahasia-kunci' };

test('word goes back by the account there is, and where there are several by the one that is chosen', () => {
  expect(parseConfig({}).smsSendProvider).toBeNull();
  expect(parseConfig(infobip).smsSendProvider).toBe('infobip');
  expect(() => parseConfig({ ...infobip, ...kannel })).toThrow(
    'SMS can be sent by kannel and infobip: SMS_SEND_PROVIDER must say which',
  );
  expect(parseConfig({ ...infobip, ...kannel, SMS_SEND_PROVIDER: 'infobip' }).smsSendProvider).toBe(
    'infobip',
  );
  expect(() => parseConfig({ ...infobip, SMS_SEND_PROVIDER: '8x8' })).toThrow(
    'SMS_SEND_PROVIDER is 8x8, so SMS_8X8_SUBACCOUNT must be set too',
  );
  expect(() => parseConfig({ ...infobip, SMS_SEND_PROVIDER: 'pigeon' })).toThrow(
    'SMS_SEND_PROVIDER cannot be used: expected one of kannel, twilio, vonage, infobip, 8x8',
  );
});

test.each([
  [{ SMS_TWILIO_ACCOUNT_SID: 'AC1' }, 'SMS_TWILIO_AUTH_TOKEN'],
  [{ SMS_VONAGE_API_KEY: 'k' }, 'SMS_VONAGE_API_SECRET'],
  [{ SMS_INFOBIP_API_KEY: 'k' }, 'SMS_INFOBIP_BASE_URL'],
  [{ SMS_8X8_SUBACCOUNT: 'lapor' }, 'SMS_8X8_API_KEY'],
])('%j alone is no account', (env, missing) => {
  expect(() => parseConfig(env)).toThrow(`so ${missing} must be set too`);
});

test.each(['pendek', 'dengan spasi di dalam', 'x'.repeat(201)])(
  'SMS_8X8_SECRET=%s stops the start',
  (secret) => {
    expect(() => parseConfig({ SMS_8X8_SECRET: secret })).toThrow('SMS_8X8_SECRET cannot be used');
  },
);

test('no secret of a provider of SMS is printed with the settings', () => {
  const env = {
    ...infobip,
    SMS_TWILIO_AUTH_TOKEN: 'rahasia-twilio',
    SMS_VONAGE_SIGNATURE_SECRET: 'rahasia-vonage',
    SMS_VONAGE_API_KEY: 'rahasia-kunci-vonage',
    SMS_VONAGE_API_SECRET: 'rahasia-api',
    SMS_INFOBIP_SECRET: 'rahasia-infobip',
    SMS_8X8_SECRET: 'rahasia-8x8',
    SMS_8X8_SUBACCOUNT: 'lapor',
    SMS_8X8_API_KEY: 'rahasia-kunci-8x8',
    SMS_SEND_PROVIDER: '8x8',
  };
  const printed = JSON.stringify(describeConfig(parseConfig(env)));
  expect(printed).not.toContain('rahasia');
  expect(printed).toContain('"smsTwilioAuthToken":"set"');
});

test('no password is printed with the settings', () => {
  expect(JSON.stringify(describeConfig(parseConfig(kannel)))).not.toContain('rahasia-kirim');
  const url = 'http://lapor:rahasia-kirim@127.0.0.1:13013/cgi-bin/sendsms';
  expect(() => parseConfig({ ...kannel, SMS_KANNEL_SEND_URL: url })).toThrow(
    'SMS_KANNEL_SEND_URL cannot be used',
  );
});

test.each([
  ['postgres://db/x?user=u&password=s3cret', 'postgres://db/x?user=u&password=***'],
  [
    'postgres://u:s3cret@db/x?sslpassword=s3cret&sslmode=require',
    'postgres://u:***@db/x?sslpassword=***&sslmode=require',
  ],
  ['postgres://db/x?PASSWORD=s3cret', 'postgres://db/x?PASSWORD=***'],
  ['postgres://db/x?p%61ssword=s3cret', 'postgres://db/x?p%61ssword=***'],
  ['postgres://db/x?sslmode=require', 'postgres://db/x?sslmode=require'],
])('DATABASE_URL=%s is printed without its passwords', (url, printed) => {
  expect(describeConfig(parseConfig({ DATABASE_URL: url })).databaseUrl).toBe(printed);
});

test.each([
  ['21:00-06:00', { from: 21 * 60, until: 6 * 60 }],
  ['00:00-23:59', { from: 0, until: 23 * 60 + 59 }],
])('NOTIFY_QUIET_HOURS=%s are quiet', (value, hours) => {
  expect(parseConfig({ NOTIFY_QUIET_HOURS: value }).notifyQuietHours).toEqual(hours);
});

test.each(['21-6', '24:00-06:00', '21:00-06:60', '21:00', '06:00-06:00', '9:00-10:00'])(
  'NOTIFY_QUIET_HOURS=%s stops the start',
  (value) => {
    expect(() => parseConfig({ NOTIFY_QUIET_HOURS: value })).toThrow(
      'two times of the day such as 21:00-06:00',
    );
  },
);

test('NOTIFY_TIME_ZONE is one there is', () => {
  expect(parseConfig({}).notifyTimeZone).toBe('Asia/Jakarta');
  expect(parseConfig({ NOTIFY_TIME_ZONE: 'Asia/Jayapura' }).notifyTimeZone).toBe('Asia/Jayapura');
  expect(() => parseConfig({ NOTIFY_TIME_ZONE: 'WIB' })).toThrow('NOTIFY_TIME_ZONE cannot be used');
});
