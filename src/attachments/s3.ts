import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { AwsV4Signer } from 'aws4fetch';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { FileStore } from './file-store.ts';

/** For a request and its answer's head; what is given out may take its reader longer. */
const answerWithinMs = 60_000;

/**
 * A bucket that speaks S3, addressed by path, as every server that speaks it understands; requests are signed with
 * signature V4, the hash of the content among what is signed.
 */
export function openBucket(config: Pick<Config, 'attachmentsS3Region'>, access: BucketAccess): FileStore {
  async function call(method: string, id: string, more: Sending = { sha256: sha256OfNothing }) {
    const signer = new AwsV4Signer({
      method,
      url: `${access.url}/${id}`,
      accessKeyId: access.accessKey,
      secretAccessKey: access.secretKey,
      service: 's3',
      region: config.attachmentsS3Region,
      headers: {
        'x-amz-content-sha256': more.sha256,
        ...(more.bytes === undefined ? {} : { 'content-length': String(more.bytes) }),
      },
    });
    const { url, headers } = await signer.sign();
    return fetch(url, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMs),
      ...(more.body === undefined
        ? {}
        : { body: Readable.toWeb(more.body) as ReadableStream, duplex: 'half' as const }),
    });
  }

  return {
    put: async (id, body, { bytes, sha256 }) => {
      try {
        await expectSuccess(await call('PUT', id, { body, bytes, sha256 }));
      } catch (error) {
        // It may have arrived all the same.
        await call('DELETE', id).catch(() => undefined);
        throw error;
      }
    },
    get: async (id) => {
      const response = await call('GET', id);
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      if (!response.ok || response.body === null) await expectSuccess(response);
      return Readable.fromWeb(response.body as ReadableStream);
    },
    delete: async (id) => {
      const response = await call('DELETE', id);
      if (response.status !== 404) await expectSuccess(response);
    },
  };
}

/** `url` is that of the bucket: `https://s3.example.go.id/lapor`. */
export type BucketAccess = {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
};

type Sending = { readonly sha256: string; readonly body?: Readable; readonly bytes?: number };

const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** What the server says is not repeated: it quotes what was signed. */
async function expectSuccess(response: Response): Promise<void> {
  await response.body?.cancel();
  if (!response.ok) throw new AppError('unavailable', `the file store answered ${response.status}`);
}
