import type { Posts } from '../channels/channel.ts';
import type { WorkerContext } from '../src/context.ts';
import type { StoredMessage } from '../src/db/messages.ts';
import type { Db } from '../src/db/pool.ts';
import {
  findReportAnswered,
  findReportSpokenOf,
  listAround,
  type PostPlace,
  type StoredPost,
} from '../src/db/posts.ts';
import type { PostContent } from '../src/domain/message.ts';
import type { ReadPost } from '../src/domain/post.ts';
import { answersOther, type KnownPost, type Surroundings } from '../src/domain/post-filing.ts';
import type { Identity, Original } from '../src/domain/report.ts';
import { AppError } from '../src/errors.ts';
import { nameOfPost } from '../src/inbox/entry.ts';
import { openSealedReport } from '../src/sealing/sealed-report.ts';

type AroundContext = Pick<WorkerContext, 'open' | 'blindIndex'>;

/** A post as it was sealed. */
export type SealedPost = {
  readonly content: PostContent;
  readonly identity: Identity | null;
  readonly original: Original;
};

/** A post with what its report is made of. */
export type WholePost = KnownPost & SealedPost;

/** Null where the seal is not what was sealed. */
export async function openPost(
  { open }: Pick<AroundContext, 'open'>,
  message: Pick<StoredMessage, 'id' | 'keyId' | 'bytes'>,
): Promise<SealedPost | null> {
  const opened = await openSealedReport(open, message.id, message, 'nobody');
  if (opened?.content?.kind !== 'post') return null;
  const { content, identity, original } = opened;
  return { content, identity, original };
}

/** Null where it says nothing that can be understood. */
export function readPost(posts: Posts, { original }: Pick<SealedPost, 'original'>): ReadPost | null {
  try {
    return posts.read(original.body);
  } catch (error) {
    if (error instanceof AppError && error.code === 'malformed') return null;
    throw error;
  }
}

export const placeOf = (
  { blindIndex }: Pick<AroundContext, 'blindIndex'>,
  { origin, thread }: PostContent,
): PostPlace => ({ origin: blindIndex('post', origin), thread: blindIndex('thread', thread) });

type Opened = SealedPost & { readonly post: ReadPost };

/** Asks what is known around a post at a moment. What was opened before is not opened again. */
export function createLook(context: AroundContext, posts: Posts, me: WholePost, { channel }: StoredMessage) {
  const { blindIndex } = context;
  const { post } = me;
  const opened = new Map<string, Opened | null>();

  async function openOnce(row: StoredPost): Promise<Opened | null> {
    const known = opened.get(row.id);
    if (known !== undefined) return known;
    const sealed = await openPost(context, row);
    const read = sealed && readPost(posts, sealed);
    const fresh = sealed === null || read === null ? null : { ...sealed, post: read };
    opened.set(row.id, fresh);
    return fresh;
  }

  /** Those that cannot be opened or read are worked on by themselves. */
  async function listOthers(db: Db): Promise<readonly WholePost[]> {
    const others: WholePost[] = [];
    for (const row of await listAround(db, me.id, placeOf(context, me.content))) {
      const other = await openOnce(row);
      if (other !== null && !other.post.isOurs) others.push(toWhole(row, other));
    }
    return others;
  }

  return async (db: Db): Promise<Surroundings<WholePost>> => {
    const { repliedTo, quoted, author } = post;
    const isOthers = answersOther(post);
    const answered =
      isOthers && repliedTo !== null
        ? await findReportAnswered(db, blindIndex('post', repliedTo.id), blindIndex('account', author.id))
        : null;
    const named = [quoted?.id, isOthers ? repliedTo?.id : undefined].filter((id) => id !== undefined);
    const spokenOf =
      named.length === 0 || answered !== null
        ? null
        : await findReportSpokenOf(
            db,
            channel,
            named.map((id) => ({ externalId: nameOfPost(id, blindIndex), origin: blindIndex('post', id) })),
          );
    return { others: await listOthers(db), answered, spokenOf };
  };
}

export const toWhole = (
  row: Pick<StoredPost, 'id' | 'state' | 'acceptedAt' | 'report' | 'fileAnyway'>,
  { content, identity, original, post }: Opened,
): WholePost => ({
  id: row.id,
  state: row.state,
  acceptedAt: row.acceptedAt,
  report: row.report,
  isWanted: row.fileAnyway || content.found === 'staff',
  post,
  identity,
  original,
  content,
});
