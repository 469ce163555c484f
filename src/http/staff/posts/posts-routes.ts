import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Accept } from '../../../accept.ts';
import type { HttpContext } from '../../../context.ts';
import { recordAudit } from '../../../db/audit.ts';
import { countUnseenPosts, listGonePosts } from '../../../db/gone-posts.ts';
import { findOrderedPost, orderPost } from '../../../db/ordered-posts.ts';
import { listSources } from '../../../db/sources.ts';
import { readSpending } from '../../../db/spending.ts';
import { listViralCases } from '../../../db/viral-cases.ts';
import type { NewMessage } from '../../../domain/message.ts';
import { looksForGonePosts } from '../../../domain/post.ts';
import { nationalDesk } from '../../../domain/routing/directory.ts';
import { mayActFor, type StaffMember } from '../../../domain/staff.ts';
import { AppError, describeFailure } from '../../../errors.ts';
import type { Posted } from '../../pages/posted-form.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { listOwnAgencies } from '../offices.ts';
import { isUuid } from '../subjects.ts';
import { type NationalPart, orderedPath, PostsPage, postsPath } from './posts-page.tsx';
import { type Refusal, seekPost } from './seek-post.ts';
import type { SourceStanding } from './source-section.tsx';

const mostShown = 50;
const roles = ['officer', 'admin'] as const;

type PostsContext = Pick<
  HttpContext,
  'channels' | 'clock' | 'config' | 'db' | 'directory' | 'enqueue' | 'log'
>;

/**
 * `/petugas/unggahan`: viral cases, posts that are there no more, and for the national desk the state of X and the form that makes
 * any post a report. Only for them, because it spends what all have to read X with, and files what nobody sent us.
 */
export function registerStaffPosts(area: StaffArea, context: PostsContext, accept: Accept): void {
  const { clock, db, directory, enqueue, log } = context;

  area.add({
    method: 'GET',
    url: postsPath,
    roles,
    handle: (request, reply, staff) => show(request, reply, staff, null),
  });

  area.add({
    method: 'POST',
    url: postsPath,
    roles,
    onlyNationalDesk: true,
    action: 'post_sought',
    handle: async (request, reply, staff) => {
      const address = (request.body as Posted).fields.get('alamat')?.trim() ?? '';
      const found = await seekPost(context, address);
      if (typeof found === 'string') return show(request, reply, staff, { address, why: found });
      return reply.redirect(orderedPath(await order(found, staff)), 303);
    },
  });

  /** Takes the post in; one that came before is filed all the same where nothing became of it. */
  async function order(message: NewMessage, staff: StaffMember): Promise<string> {
    const [accepted] = await accept([message]);
    if (accepted === undefined) throw new AppError('unavailable', 'the post was not taken');
    const { reportId: id, repeated } = accepted;
    await recordAudit(db, {
      actor: `staff:${staff.id}`,
      action: 'post_filed',
      subject: `message:${id}`,
      reason: null,
      details: { repeated },
    });
    if (await orderPost(db, id, clock())) {
      // Never awaited: it is a row already, and the sweeper makes up for a queue that is away.
      enqueue('messages', { messageIds: [id] }).catch((error: unknown) =>
        log.warn({ event: 'messages_not_enqueued', error: describeFailure(error) }),
      );
    }
    return id;
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    staff: StaffMember,
    refused: NationalPart['refused'],
  ): Promise<unknown> {
    const agencies = listOwnAgencies(staff, directory());
    const { agencies: known } = directory();
    const name = <T extends { readonly agency: string }>(one: T) => ({
      ...one,
      agencyName: known.get(one.agency as never)?.name ?? one.agency,
    });
    const isNational = mayActFor(staff, nationalDesk, directory());
    const page = PostsPage({
      view: viewOf(request),
      staff,
      csrfToken: csrfTokenFor(request, reply),
      viral: (await listViralCases(db, agencies, mostShown)).map(name),
      gone: (await listGonePosts(db, agencies, mostShown)).map(name),
      national: isNational
        ? { refused, ordered: await findOrdered(request), source: await readStanding() }
        : null,
    });
    return sendPage(refused === null ? reply : reply.code(statusOf[refused.why]), page);
  }

  async function findOrdered(request: FastifyRequest): Promise<NationalPart['ordered']> {
    const { unggahan: id = '' } = request.query as { readonly unggahan?: string };
    const found = isUuid(id) ? await findOrderedPost(db, id) : null;
    return found && { ...found, id };
  }

  async function readStanding(): Promise<SourceStanding> {
    const channel = context.channels.find(({ name }) => name === 'twitter');
    const names = new Set(((await channel?.sources?.()) ?? []).map((source) => source.name));
    const now = clock();
    return {
      isOff: channel?.posts === undefined,
      sources: (await listSources(db)).filter((source) => names.has(source.name)),
      limits: context.config.twitter.budget,
      spent: await readSpending(db, 'twitter', now),
      unseen: looksForGonePosts(context.config.twitter) ? await countUnseenPosts(db, now) : 0,
    };
  }
}

const statusOf: Readonly<Record<Refusal, number>> = {
  invalid: 422,
  gone: 422,
  off: 422,
  spent: 503,
  away: 503,
};
