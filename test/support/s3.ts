import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Bucket = {
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  readonly refused: () => number;
  /** Makes it answer 503 from now on, or no longer. */
  readonly beAway: (away: boolean) => void;
  /** Makes it answer 500 to whatever is asked of this object. */
  readonly breakObject: (id: string) => void;
  readonly stop: () => Promise<void>;
};

/** A bucket that keeps objects in memory and takes only requests signed as AWS signature V4 says, content included. */
export async function startS3(accessKey: string, secretKey: string, region = 'us-east-1'): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  let refused = 0;
  let away = false;
  const broken = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const answer = (status: number, content: Buffer = Buffer.alloc(0)) =>
      response.writeHead(status).end(content);
    if (away) return answer(503);
    if (broken.has(request.url?.split('/').at(-1) ?? '')) return answer(500);
    if (!isSigned(request, body, { accessKey, secretKey, region })) {
      refused += 1;
      return answer(403);
    }
    const key = request.url ?? '';
    const object = objects.get(key);
    if (request.method === 'PUT') {
      objects.set(key, body);
      return answer(200);
    }
    if (request.method === 'DELETE') {
      objects.delete(key);
      return answer(204);
    }
    return object === undefined ? answer(404) : answer(200, object);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/lapor`,
    objects,
    refused: () => refused,
    beAway: (now) => {
      away = now;
    },
    breakObject: (id) => void broken.add(id),
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

const sha256 = (value: string | Buffer) => createHash('sha256').update(value).digest('hex');
const hmac = (key: string | Buffer, value: string) => createHmac('sha256', key).update(value).digest();

/** "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", step by step. */
function isSigned(
  request: IncomingMessage,
  body: Buffer,
  { accessKey, secretKey, region }: { accessKey: string; secretKey: string; region: string },
): boolean {
  const { authorization = '' } = request.headers;
  const [, key, date, where, signed = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      authorization,
    ) ?? [];
  const header = (name: string) => String(request.headers[name] ?? '').trim();
  if (key !== accessKey || where !== region || header('x-amz-content-sha256') !== sha256(body)) return false;
  if (!signed.split(';').includes('host') || !signed.split(';').includes('x-amz-content-sha256'))
    return false;
  const canonical = [
    request.method,
    request.url,
    '',
    ...signed.split(';').map((name) => `${name}:${header(name)}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', header('x-amz-date'), scope, sha256(canonical)].join('\n');
  const signingKey = [`${date}`, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${secretKey}`,
  );
  return hmac(signingKey, toSign).toString('hex') === signature;
}
