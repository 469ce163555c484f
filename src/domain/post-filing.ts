import type { MessageId } from './message.ts';
import { after } from './moment.ts';
import { continuesOwn, isThreadPart, type ReadPost } from './post.ts';
import { readPostWords } from './post-words.ts';
import type { ReportId } from './report.ts';

/** What becomes of a post that was read. Pure: what is known of its author's other posts is asked for elsewhere. */

/** `version`: how a post reads, or read, that is a report. `unrelated`: it calls nobody, and belongs to nothing. */
export type PostFate = 'report' | 'unreadable' | 'addition' | 'version' | 'own' | 'unrelated' | 'empty';

/** A post that was taken in. */
export type KnownPost = {
  readonly id: MessageId;
  readonly state: 'pending' | 'done' | 'set_aside';
  readonly acceptedAt: Date;
  /** The report that it became or was added to. */
  readonly report: BegunReport | null;
  /** Staff want it filed, whatever it says. */
  readonly isWanted: boolean;
  readonly post: ReadPost;
};

type Secrecy = { readonly anonymous: boolean; readonly confidential: boolean };

/** `postedAt` is when the first post of it was; null of what could not be read. */
export type BegunReport = Secrecy & { readonly reportId: ReportId; readonly postedAt: Date | null };

/** A report that a post answers, or speaks of. */
export type RelatedReport = Secrecy & { readonly reportId: ReportId; readonly trackingId: string };

/** What is known around a post. */
export type Surroundings<Post extends KnownPost = KnownPost> = {
  /** Its other versions, and what else its author posted in its conversation. */
  readonly others: readonly Post[];
  /** Its author's report that our post told of which it answers. */
  readonly answered: RelatedReport | null;
  /** Somebody's report that the post was which it quotes or answers; `unfiled` while that is on its way. */
  readonly spokenOf: RelatedReport | 'unfiled' | null;
};

export type Plan<Post extends KnownPost = KnownPost> =
  | { readonly kind: 'keep'; readonly fate: 'own' | 'unrelated' | 'empty'; readonly outcome: string }
  /** A later version of it is on record already. */
  | { readonly kind: 'outdated'; readonly reportId: ReportId }
  /** It is how that report reads now: 2 after the first edit. */
  | { readonly kind: 'version'; readonly reportId: ReportId; readonly version: number }
  /** Its author is told so where there is a tracking ID to tell it by. */
  | { readonly kind: 'add'; readonly reportId: ReportId; readonly trackingId: string | null }
  | { readonly kind: 'wait'; readonly until: Date }
  | PlannedReport<Post>;

export type PlannedReport<Post extends KnownPost = KnownPost> = {
  readonly kind: 'report';
  /** The posts that it is made of, in their order. */
  readonly parts: readonly Post[];
  /** Versions of them that are not the newest. */
  readonly outdated: readonly Post[];
  /** There may be more of it that nobody has seen. */
  readonly isOpenEnded: boolean;
  /** Tracking ID of the report that it says the same as. */
  readonly joins: string | null;
};

/** How long the parts of a thread are waited for, and how long afterwards they are still added. */
export type ThreadPatience = { readonly threadMinutes: number; readonly threadHours: number };

/** A post waits for so long for the report that it speaks of, and looks as often. */
const spokenOfMs = 60_000;
const lookAgainMs = 3_000;
/** Whoever waits for another part to bring them all in looks as often whether it did. */
const leaderMs = 30_000;

export function planPost<Post extends KnownPost>(
  me: Post,
  { others, answered, spokenOf }: Surroundings<Post>,
  patience: ThreadPatience,
  now: Date,
): Plan<Post> {
  const { post } = me;
  if (post.isOurs) return { kind: 'keep', fate: 'own', outcome: 'our own post' };
  const version = planVersion(me, others);
  if (version !== null) return version;
  const words = readPostWords([post]);
  if (answered !== null && !me.isWanted && !hidesMore(words, answered)) {
    return saysNothing(post)
      ? { kind: 'keep', fate: 'empty', outcome: 'an answer to one of our posts that says nothing' }
      : {
          kind: 'add',
          reportId: answered.reportId,
          trackingId: isPublic(answered) ? answered.trackingId : null,
        };
  }
  const all = [me, ...others];
  const begun = me.isWanted ? null : findBegun(me, all, patience);
  if (begun !== null && !hidesMore(words, begun)) {
    return { kind: 'add', reportId: begun.reportId, trackingId: null };
  }

  const waiting = all.filter(({ state }) => state === 'pending');
  const thread = isOfThread(me, all) ? waiting.filter((one) => isOfThread(one, all)) : [];
  const { newest: parts, outdated } = pickNewest([
    ...new Set([...waiting.filter((one) => isSamePost(one, me)), ...thread]),
  ]);
  if (![...parts, ...outdated].some(({ post: { isTagged }, isWanted }) => isTagged || isWanted)) {
    return { kind: 'keep', fate: 'unrelated', outcome: 'it calls nobody, and belongs to no report' };
  }
  const isOpenEnded = isThreadPart(post) && !isComplete(parts);
  const patienceEnds = isOpenEnded ? endOfPatience(me, parts, patience, now) : null;
  if (patienceEnds !== null) return { kind: 'wait', until: patienceEnds };
  if (spokenOf === 'unfiled' && now < after(me.acceptedAt, spokenOfMs)) {
    return { kind: 'wait', until: after(now, lookAgainMs) };
  }
  const joins =
    spokenOf !== null && spokenOf !== 'unfiled' && isPublic(spokenOf) ? spokenOf.trackingId : null;
  return { kind: 'report', parts, outdated, isOpenEnded, joins };
}

/** Whether both, asked of anybody's post, make the same of it. */
export const isSamePlan = (one: Plan, other: Plan): boolean => sumUp(one) === sumUp(other);

const sumUp = (plan: Plan): string =>
  JSON.stringify(
    plan.kind === 'report'
      ? [plan.joins, plan.parts.map(({ id }) => id), plan.outdated.map(({ id }) => id).toSorted()]
      : plan,
  );

/** What everybody may read under a post. */
const isPublic = ({ anonymous, confidential }: Secrecy): boolean => !anonymous && !confidential;

/** Null where no version of it is on record. */
function planVersion(me: KnownPost, others: readonly KnownPost[]): Exclude<Plan, PlannedReport> | null {
  const filed = others.filter((other) => other.report !== null && isSamePost(other, me));
  const reportId = filed[0]?.report?.reportId;
  if (reportId === undefined) return null;
  const version = versionOf(me.post);
  const isNewest = filed.every(({ post }) => versionOf(post) < version);
  return isNewest ? { kind: 'version', reportId, version } : { kind: 'outdated', reportId };
}

/** The report of the thread that it belongs to, the latest one; null where none is young enough. */
function findBegun(
  me: KnownPost,
  all: readonly KnownPost[],
  { threadHours }: ThreadPatience,
): BegunReport | null {
  if (!isOfThread(me, all)) return null;
  const [latest] = all
    .flatMap(({ report }) => (report?.postedAt ? [{ report, at: report.postedAt }] : []))
    .filter(({ at }) => me.post.createdAt <= after(at, threadHours * 3_600_000))
    .toSorted((a, b) => b.at.getTime() - a.at.getTime());
  return latest?.report ?? null;
}

/**
 * Until when the rest of the thread is waited for; null where nobody waits any more. Then the part that was here first brings
 * them all in, so that the platform is asked once.
 */
function endOfPatience(
  me: KnownPost,
  parts: readonly KnownPost[],
  { threadMinutes }: ThreadPatience,
  now: Date,
): Date | null {
  const [first = me] = parts.toSorted(
    (a, b) => a.acceptedAt.getTime() - b.acceptedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  const until = after(first.acceptedAt, threadMinutes * 60_000);
  if (now < until) return until;
  return first.id === me.id ? null : after(now, leaderMs);
}

/** What its author wrote to themselves; how they began; and, under their own post, what calls us. */
function isOfThread({ post }: KnownPost, all: readonly KnownPost[]): boolean {
  const { repliedTo, conversationId } = post;
  if (isThreadPart(post) || post.versionIds.includes(conversationId)) return true;
  const isTheirs = (id: string | undefined) => all.some((one) => one.post.versionIds.includes(id ?? ''));
  return isTheirs(repliedTo?.id) || (post.isTagged && isTheirs(conversationId));
}

export const isSamePost = (one: KnownPost, other: KnownPost): boolean =>
  one.post.versionIds[0] === other.post.versionIds[0];

/** 1 for a post as it was first written. */
const versionOf = ({ id, versionIds }: ReadPost): number => Math.max(1, versionIds.indexOf(id) + 1);

/** Of each post its newest version, in the order in which they were posted; and the others. */
function pickNewest<Post extends KnownPost>(
  posts: readonly Post[],
): { readonly newest: readonly Post[]; readonly outdated: readonly Post[] } {
  const newest = posts.filter((one) =>
    posts.every((other) => !isSamePost(one, other) || versionOf(other.post) <= versionOf(one.post)),
  );
  const order = ({ post }: KnownPost) => BigInt(post.versionIds[0] ?? post.id);
  return {
    newest: newest.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)),
    outdated: posts.filter((one) => !newest.includes(one)),
  };
}

/** Whether all are there that they say there are. */
function isComplete(parts: readonly KnownPost[]): boolean {
  return countTotal(parts) > 0 && countMissing(parts) === 0;
}

const countTotal = (parts: readonly KnownPost[]): number =>
  Math.max(0, ...parts.map(({ post }) => post.part?.total ?? 0));

/** Of those that the parts say there are. */
export function countMissing(parts: readonly KnownPost[]): number {
  const numbers = new Set(parts.flatMap(({ post }) => post.part?.number ?? []));
  return Math.max(0, countTotal(parts) - numbers.size);
}

/** Asked to be secret, while the report is not. */
const hidesMore = (words: Secrecy, report: Secrecy): boolean =>
  (words.confidential && !report.confidential) ||
  (words.anonymous && !report.anonymous && !report.confidential);

const saysNothing = ({ text, media, quoted }: ReadPost): boolean =>
  text === '' && media.length === 0 && quoted === null;

/** Whether it may answer one of our posts: its author does not answer themselves. */
export const answersOther = (post: ReadPost): boolean => post.repliedTo !== null && !continuesOwn(post);
