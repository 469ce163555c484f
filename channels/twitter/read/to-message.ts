import type { NewMessage, PostContent } from '../../../src/domain/message.ts';
import type { Payload } from './payload.ts';
import { readPayload } from './read-post.ts';
import type { Us } from './us.ts';

/** A post as it comes to the door: unread, as X gave it. */
export function toMessage(
  payload: Payload,
  {
    found,
    receivedAt,
    us,
  }: { readonly found: PostContent['found']; readonly receivedAt: Date; readonly us: Us },
): NewMessage {
  const { id, author, permalink, versionIds, conversationId, summons } = readPayload(payload, us);
  return {
    channel: 'twitter',
    externalId: id,
    identity:
      author.id === ''
        ? null
        : {
            name: author.name,
            phone: null,
            email: null,
            onBehalfOf: null,
            account: { id: author.id, handle: author.handle, permalink },
          },
    receivedAt,
    original: {
      contentType: 'application/json',
      body: Buffer.from(JSON.stringify(payload)),
      messageId: id,
      summoned: summons !== null,
    },
    content: {
      kind: 'post',
      origin: versionIds[0] ?? id,
      thread: `${author.id}/${author.id === '' ? id : conversationId}`,
      found,
    },
  };
}
