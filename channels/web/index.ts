import { createHash } from 'node:crypto';
import { parseSubmission, toNewReport } from '../../src/domain/submission.ts';
import { AppError } from '../../src/errors.ts';
import type { Channel, InboundRequest, Received } from '../channel.ts';

/** Reports sent as JSON by apps and partners: `POST /v1/reports`. The report form is a page and ends at the same door. */
export const webChannel: Channel = { name: 'web', providers: [{ name: 'json', receive }] };

function receive(request: InboundRequest): Received {
  const submission = parseSubmission(parseJson(request.body));
  const report = toNewReport(submission, {
    externalId: externalId(request.headers['idempotency-key']),
    receivedAt: request.receivedAt,
    original: {
      contentType: 'application/json',
      body: request.body,
      messageId: request.headers['idempotency-key'] || null,
    },
  });
  return {
    messages: [report],
    answer: ([accepted]) => {
      // draft-ietf-httpapi-idempotency-key-header, section 2.7: a key is never reused for another request
      if (accepted?.sameContent === false) {
        throw new AppError('idempotency-conflict', 'this Idempotency-Key was used before for another report');
      }
      return {
        status: 202,
        contentType: 'application/json',
        body: JSON.stringify({ receipt: accepted?.receipt }),
      };
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    throw new AppError('malformed', 'the body is not JSON in UTF-8', { cause: error });
  }
}

/** Without an `Idempotency-Key` every request is a report of its own: nothing tells a repeat from a second report. */
function externalId(idempotencyKey: string | undefined): string | null {
  if (idempotencyKey === undefined || idempotencyKey === '') return null;
  if (idempotencyKey.length > 255) {
    throw new AppError('invalid', 'the Idempotency-Key is longer than 255 characters');
  }
  // Hashed: a key is whatever the sender made up, and might hold a name or a number.
  return `key:${createHash('sha256').update(idempotencyKey).digest('base64url')}`;
}
