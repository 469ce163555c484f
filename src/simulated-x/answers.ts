import type { Post, Posts } from './posts.ts';
import { forbidden, invalidRequest } from './problem.ts';
import type { User } from './users.ts';

export type Answer = {
  readonly id: string;
  readonly text: string;
  readonly inReplyTo: string | null;
  /** Handle. */
  readonly by: string;
  readonly at: Date;
};

type AnswersOptions = {
  readonly posts: Posts;
  readonly publish: (draft: Parameters<Posts['publish']>[0]) => Post;
  /** Only who is mentioned or quoted may reply: so it is for all but Enterprise since 24 February 2026. */
  readonly mustBeSummoned: boolean;
};

const longest = 280;

/** Posts made through the API; they become posts like any other. */
export function createAnswers({ posts, publish, mustBeSummoned }: AnswersOptions) {
  const answers: Answer[] = [];

  /** POST /2/tweets. */
  function post(body: unknown, by: User) {
    const { text, reply } = parseBody(body);
    const parent = reply === null ? null : posts.find(reply);
    if (reply !== null && parent === null) {
      throw forbidden('You attempted to reply to a Tweet that is deleted or not visible to you.');
    }
    if (parent !== null && mustBeSummoned && !summons(parent, by)) {
      throw forbidden(
        'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.',
      );
    }
    if (answers.some((earlier) => earlier.by === by.username && isSame(earlier.text, text))) {
      throw forbidden('You are not allowed to create a Tweet with duplicate content.');
    }
    const { id, createdAt, short } = publish({
      author: by.username,
      text,
      ...(parent !== null && { replyTo: parent.id }),
    });
    answers.push({ id, text, inReplyTo: reply, by: by.username, at: createdAt });
    return { data: { id, text: short.text, edit_history_tweet_ids: [id] } };
  }

  return { post, list: answers as readonly Answer[] };
}

/** Whether the author of a post called somebody: by their name, or by quoting what they posted. */
const summons = ({ short, long, quoted, author }: Post, by: User): boolean =>
  author.id === by.id ||
  quoted?.author.id === by.id ||
  (long ?? short).entities.mentions.some(({ id }) => id === by.id);

function parseBody(body: unknown): { readonly text: string; readonly reply: string | null } {
  const { text, reply } = (body ?? {}) as { text?: unknown; reply?: { in_reply_to_tweet_id?: unknown } };
  if (typeof text !== 'string' || text.trim() === '') {
    throw invalidRequest('text', null, 'The `text` field is required');
  }
  if (Array.from(text).length > longest) throw forbidden('Your Tweet text is too long.');
  const id = reply?.in_reply_to_tweet_id;
  if (reply === undefined) return { text, reply: null };
  if (typeof id === 'string' && /^[0-9]{1,19}$/u.test(id)) return { text, reply: id };
  throw invalidRequest('reply.in_reply_to_tweet_id', String(id), 'It is not the id of a post');
}

const isSame = (one: string, other: string): boolean => one.trim() === other.trim();
