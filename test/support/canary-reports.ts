import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import {
  type Canaries,
  coreOf,
  createAddress,
  createCanaries,
  createHandle,
  createIdOfX,
  createNik,
  createToken,
  type Sighting,
} from '../../chaos/canaries.ts';
import { markOf, type Openness } from '../../chaos/ledger.ts';
import { createRandom } from '../../chaos/random.ts';
import { hasDovecot } from './dovecot.ts';

const requestWays = ['api', 'form', 'sms/generic', 'sms/kannel by GET', 'sms/kannel by POST'] as const;
/** E-mail needs a mail server from Debian's packages. */
export type Way = (typeof requestWays)[number] | 'email' | 'letter' | 'post';
/** Those that a reporter has all by themselves. */
export const ways: readonly Way[] = hasDovecot ? [...requestWays, 'email', 'post'] : [...requestWays, 'post'];

/** One report as its reporter and the programs on its way know it: every value is nowhere else in the world. */
export type PlantedReport = {
  readonly number: number;
  readonly way: Way;
  readonly openness: Openness;
  readonly identity: Omit<Canaries, 'userAgent'>;
  /** Whose post it is on X. */
  readonly account: { readonly id: string; readonly handle: string };
  /** Where the writer of a letter lives. */
  readonly address: string;
  readonly title: string;
  readonly text: string;
  readonly placeText: string;
  /** Idempotency key, or the provider's name for the SMS. */
  readonly key: string;
  /** What comes along and is nobody's business: headers, the query string, members that nobody asked for. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  readonly extra: string;
  /** A photo of it: what its file is called, and what the camera wrote into it. */
  readonly photo: { readonly name: string; readonly exif: string };
  /** Every canary in it by its core, and where it was planted; the ids that X gives it come to it. */
  readonly planted: Map<string, string>;
};

const accountsSince = new Date('2026-01-01T00:00:00Z');

/** The same `number` gives the same report. */
export function plantReport(number: number, way: Way, openness: Openness): PlantedReport {
  const random = createRandom(number, 'canaries');
  const planted = new Map<string, string>();
  const plant = (where: string, value: string, core = value) => {
    planted.set(coreOf(core), where);
    return value;
  };
  const token = (where: string, letter: string) => plant(where, createToken(number, letter, random));
  const { name, phone, email, onBehalfOf } = createCanaries(number, random);
  for (const [where, value] of Object.entries({ name, email, onBehalfOf })) {
    plant(where, value, /kx\d{6}[a-z][a-z0-9]{8}xk/.exec(value)?.[0]);
  }
  plant('phone', phone);
  const other = plant('text: phone', `0813${phone.slice(4)}`).replace(/(.{4})(.{4})(.{4})/, '$1-$2-$3');
  const nik = plant('text: NIK', createNik(number, random));
  const address = createAddress(number, random);
  plant('header x-forwarded-for', address, address.split('::')[0]);
  return {
    number,
    way,
    openness,
    identity: { name, phone, email, onBehalfOf },
    account: {
      id: plant('account id', createIdOfX(number, accountsSince)),
      handle: plant('handle', createHandle(number, random)),
    },
    address: `Gang ${token('address', 'd')} No. 4`,
    title: `Lampu mati, tanya @${token('title', 't')}`,
    text:
      `Lampu jalan mati sejak Senin, ${markOf(number)}. Hubungi ${other} atau ` +
      `surel.${token('text: email', 'i')}@contoh.example, NIK ${nik}, IG @${token('text: account', 'a')}`,
    placeText: `Kec. Coblong, Kota Bandung, dekat warung @${token('place', 'p')}`,
    key: `kunci-${token('key', 'k')}`,
    headers: {
      'user-agent': `aplikasi/${token('header user-agent', 'h')}`,
      'x-forwarded-for': address,
      referer: `https://contoh.example/${token('header referer', 'h')}`,
      cookie: `sesi=${token('header cookie', 'h')}`,
      authorization: `Bearer ${token('header authorization', 'h')}`,
      from: `${token('header from', 'h')}@contoh.example`,
      'x-kannel-smsc': token('header x-kannel-smsc', 'h'),
      'x-request-id': token('header x-request-id', 'h'),
    },
    query: `ref=${token('query', 'q')}`,
    extra: token('extra', 'x'),
    photo: { name: `foto ${token('file name', 'f')}.jpg`, exif: token('file EXIF', 'g') },
    planted,
  };
}

/** Where the sighting was planted; null where it only looks like a canary of this report. */
export const findPlanted = (report: PlantedReport, { canary }: Sighting): string | null =>
  report.planted.get(coreOf(canary)) ?? null;

export type CanaryRequest = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

export const smsSecrets = {
  generic: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  kannel: 'rahasia-kannel-kenari',
} as const;

/** The body of `POST /v1/reports`. */
export const submissionOf = (report: PlantedReport) => ({
  kind: 'complaint',
  title: report.title,
  text: report.text,
  place: { text: report.placeText },
  reporter: {
    name: report.identity.name,
    phone: report.identity.phone,
    email: report.identity.email,
    nik: report.extra,
  },
  onBehalfOf: report.identity.onBehalfOf,
  anonymous: report.openness === 'anonymous',
  confidential: report.openness === 'confidential',
  consent: true,
  device: report.extra,
});

export const apiRequest = (report: PlantedReport, attachments?: readonly string[]): CanaryRequest => ({
  method: 'POST',
  path: `/v1/reports?${report.query}`,
  headers: { ...report.headers, 'content-type': 'application/json', 'idempotency-key': report.key },
  body: JSON.stringify({ ...submissionOf(report), attachments }),
});

export const takePhoto = ({ photo: { exif } }: PlantedReport) =>
  sharp({ create: { width: 32, height: 24, channels: 3, background: '#b5651d' } })
    .withExif({ IFD0: { Artist: exif, ImageDescription: exif } })
    .jpeg()
    .toBuffer();

/** As the writer's program, and the servers on its way, write it. `more` takes the place of fields. */
export async function writeCanaryMail(
  report: PlantedReport,
  more: Readonly<Record<string, string>> = {},
  text = report.text,
): Promise<string> {
  const { identity, title, key, headers, extra, photo, openness } = report;
  const picture = (await takePhoto(report)).toString('base64');
  const secrecy = { open: '', anonymous: 'ANONIM: ', confidential: 'RAHASIA: ' }[openness];
  const fields = {
    'Return-Path': `<${identity.email}>`,
    Received: `from ${headers['x-request-id']}.contoh.example (${headers['x-kannel-smsc']}) by mx.contoh.example; Sun, 22 Nov 2026 08:00:00 +0700`,
    From: `"${identity.name}" <${identity.email}>`,
    To: `lapor@uji.example, ${headers['from']}`,
    Cc: `"${identity.onBehalfOf}" <${identity.email}>`,
    Subject: `${secrecy}${title}`,
    'Message-ID': `<${key}@contoh.example>`,
    'X-Mailer': headers['user-agent'] ?? '',
    'X-Originating-IP': headers['x-forwarded-for'] ?? '',
    'X-Akun': extra,
    'MIME-Version': '1.0',
    'Content-Type': 'multipart/mixed; boundary=batas',
    ...more,
  };
  return [
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    '',
    '--batas',
    'Content-Type: text/plain; charset=utf-8',
    '',
    `${text}\r\n\r\n-- \r\n${identity.name}\r\n${identity.phone}`,
    '--batas',
    `Content-Type: image/jpeg; name="${photo.name}"`,
    `Content-Disposition: attachment; filename="${photo.name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    picture,
    '--batas--',
    '',
  ].join('\r\n');
}

/** The photo of a report, ahead of it. */
export async function uploadRequest(report: PlantedReport): Promise<CanaryRequest> {
  const { name } = report.photo;
  const picture = await takePhoto(report);
  const form = new FormData();
  form.append('files', new Blob([Uint8Array.from(picture)], { type: 'image/jpeg' }), name);
  const encoded = new Response(form);
  return {
    method: 'POST',
    path: `/v1/attachments?${report.query}`,
    headers: { ...report.headers, 'content-type': encoded.headers.get('content-type') ?? '' },
    body: Buffer.from(await encoded.arrayBuffer()),
  };
}

/** What a browser posts; `secrets` are the hidden fields of the form it was shown. */
export const formRequest = (
  report: PlantedReport,
  secrets: {
    readonly csrf: string;
    readonly token: string;
    readonly opened: string;
    readonly cookie: string;
  },
): CanaryRequest => ({
  method: 'POST',
  path: `/lapor?${report.query}`,
  headers: {
    ...report.headers,
    accept: 'text/html',
    cookie: `${secrets.cookie}; ${report.headers['cookie']}`,
    'content-type': 'application/x-www-form-urlencoded',
  },
  body: new URLSearchParams({
    csrf: secrets.csrf,
    token: secrets.token,
    opened: secrets.opened,
    kind: 'complaint',
    title: report.title,
    text: report.text,
    place: report.placeText,
    ...report.identity,
    ...(report.openness === 'open' ? {} : { [report.openness]: '1' }),
    consent: '1',
    device: report.extra,
  }).toString(),
});

/** An SMS begins with the area's keyword. */
const smsText = (report: PlantedReport) => `Bdg ${report.title}. ${report.text}`;

export function genericSmsRequest(
  report: PlantedReport,
  secret: string = smsSecrets.generic,
  text: string = smsText(report),
): CanaryRequest {
  const body = JSON.stringify([
    { id: report.key, from: report.identity.phone, to: '1708', text, imsi: report.extra },
  ]);
  const [id, now] = [randomUUID(), new Date()];
  return {
    method: 'POST',
    path: `/channels/sms/generic?${report.query}`,
    headers: {
      ...report.headers,
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    },
    body,
  };
}

/** As smsbox writes it: by GET the text in UTF-16BE, percent-encoded; by POST as the body. */
export function kannelRequest(report: PlantedReport, method: 'GET' | 'POST'): CanaryRequest {
  const parameters = new URLSearchParams({
    secret: smsSecrets.kannel,
    id: report.key,
    from: report.identity.phone,
    to: '1708',
    imsi: report.extra,
  });
  const path = `/channels/sms/kannel?${parameters}&${report.query}`;
  if (method === 'POST') {
    const headers = { ...report.headers, 'content-type': 'text/plain; charset="UTF-8"' };
    return { method, path, headers, body: smsText(report) };
  }
  const text = Buffer.from(smsText(report), 'utf16le').swap16().toString('hex').replace(/../g, '%$&');
  return { method, path: `${path}&charset=UTF-16BE&coding=2&text=${text}`, headers: report.headers };
}
