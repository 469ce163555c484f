import type { Channel, Posts } from '../../channels/channel.ts';
import { readPost } from '../../channels/twitter/read/read-post.ts';
import { toMessage } from '../../channels/twitter/read/to-message.ts';
import { createUs } from '../../channels/twitter/read/us.ts';
import { firstIdAt } from '../../channels/twitter/snowflake.ts';
import type { NewMessage, PostContent } from '../../src/domain/message.ts';

/** Our own account, as `TWITTER_ACCESS_TOKEN` would tell it. */
export const ourId = '1708';
const us = createUs({
  account: 'LAPOR1708',
  terms: ['#lapor1708', '#lapor', '@LAPOR1708'],
  accessToken: `${ourId}-rahasia`,
});

export type Account = { readonly id: string; readonly handle: string; readonly name: string };
export const siti: Account = { id: '1471001471001471001', handle: 'siti_rahayu', name: 'Siti Rahayu' };
export const budi: Account = { id: '1471002471002471002', handle: 'budi_wae', name: 'Budi Waluyo' };
export const ourAccount: Account = { id: ourId, handle: 'LAPOR1708', name: 'LAPOR!' };

/** A post as X gives it, with what it refers to. */
export type GivenPost = { readonly id: string; readonly author: Account; readonly payload: Payload };
type Payload = { readonly data: Data; readonly includes: Readonly<Record<string, readonly object[]>> };
type Data = { readonly id: string; readonly conversation_id: string } & Readonly<Record<string, unknown>>;

export type PostDraft = {
  readonly by?: Account;
  readonly text: string;
  readonly at?: Date;
  readonly replyTo?: GivenPost;
  readonly quote?: GivenPost;
  /** The post that this one is an edit of, itself the first version or a later one. */
  readonly edits?: GivenPost;
  readonly photos?: readonly { readonly url: string; readonly alt?: string }[];
  /** Where it is; or all its versions, with about as many bytes as each has. */
  readonly video?: string | readonly { readonly url: string; readonly bytes: number }[];
  readonly place?: string;
  readonly language?: string;
};

let written = 0;

export function writePost(draft: PostDraft): GivenPost {
  const { by = draft.edits?.author ?? siti, text, at = new Date(), replyTo, quote, edits } = draft;
  written += 1;
  const id = String(BigInt(firstIdAt(at)) + BigInt(written));
  const media = [
    ...(draft.photos ?? []).map(({ url, alt }, index) => ({
      media_key: `3_${id}${index}`,
      type: 'photo',
      url,
      ...(alt === undefined ? {} : { alt_text: alt }),
    })),
    ...(draft.video === undefined
      ? []
      : [
          {
            media_key: `7_${id}`,
            type: 'video',
            // 8 s long: then a rate in bits for each second is a size in bytes
            duration_ms: 8_000,
            variants: (typeof draft.video === 'string' ? [{ url: draft.video, bytes: 1 }] : draft.video).map(
              ({ url, bytes }) => ({ url, content_type: 'video/mp4', bit_rate: bytes }),
            ),
          },
        ]),
  ];
  const versions = (edits?.payload.data['edit_history_tweet_ids'] ?? []) as readonly string[];
  const referenced = [
    ...(replyTo === undefined ? [] : [{ type: 'replied_to', id: replyTo.id, post: replyTo }]),
    ...(quote === undefined ? [] : [{ type: 'quoted', id: quote.id, post: quote }]),
  ];
  const data = {
    id,
    text,
    author_id: by.id,
    conversation_id: (replyTo ?? edits)?.payload.data.conversation_id ?? id,
    created_at: at.toISOString(),
    edit_history_tweet_ids: [...versions, id],
    lang: draft.language ?? 'in',
    entities: {
      mentions: [...text.matchAll(/@(\w+)/g)].map(([, username]) => ({ username })),
      hashtags: [...text.matchAll(/#(\w+)/g)].map(([, tag]) => ({ tag })),
    },
    ...(replyTo === undefined ? {} : { in_reply_to_user_id: replyTo.author.id }),
    ...(referenced.length === 0
      ? {}
      : { referenced_tweets: referenced.map(({ type, id }) => ({ type, id })) }),
    ...(media.length === 0 ? {} : { attachments: { media_keys: media.map(({ media_key }) => media_key) } }),
    ...(draft.place === undefined ? {} : { geo: { place_id: 'p1' } }),
  };
  const users = [by, ...referenced.map(({ post }) => post.author)];
  const includes = {
    users: users.map(({ id, handle, name }) => ({ id, username: handle, name })),
    ...(referenced.length === 0 ? {} : { tweets: referenced.map(({ post }) => post.payload.data) }),
    ...(media.length === 0 ? {} : { media }),
    ...(draft.place === undefined
      ? {}
      : { places: [{ id: 'p1', full_name: draft.place, geo: { bbox: [107.5, -6.97, 107.7, -6.84] } }] }),
  };
  return { id, author: by, payload: { data, includes } };
}

/** As a source takes it. */
export const found = (
  { payload }: GivenPost,
  how: PostContent['found'] = 'search',
  receivedAt = new Date(),
): NewMessage => toMessage(payload, { found: how, receivedAt, us });

/** A channel that reads posts as the real one does; what it is asked besides is up to the test. */
export const readingChannel = (more: Partial<Posts> = {}, send?: Channel['send']): Channel => ({
  name: 'twitter',
  providers: [],
  isPublic: true,
  posts: {
    read: (original) => readPost(original, us),
    findThread: async () => [],
    find: () => Promise.reject(new Error('nobody asks for a post here')),
    listGone: async () => new Set(),
    ...more,
  },
  ...(send === undefined ? {} : { send }),
});
