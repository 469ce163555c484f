import type { WorkerContext } from '../src/context.ts';
import { listFitting, type PostMedia } from '../src/domain/post.ts';
import type { DownloadOutcome } from '../src/outbound/guarded-fetch.ts';
import type { IncomingFile } from './take-files.ts';

/** A photo or a video of a post, the best version of it that is small enough. */
export const toIncomingFile =
  ({ download, config }: Pick<WorkerContext, 'download' | 'config'>) =>
  (media: PostMedia): IncomingFile => ({
    name: null,
    read: async () => {
      const mostBytes = config.attachmentsMaxMb * 1024 * 1024;
      for (const { url } of listFitting(media, mostBytes)) {
        const outcome = await download(url, mostBytes);
        if (outcome.kind !== 'too-large') return judge(outcome);
      }
      return 'size';
    },
  });

/** Videos are there a while after their post: what is not there may come. */
const passingStatuses: readonly number[] = [404, 408, 425, 429];

function judge(
  outcome: Exclude<DownloadOutcome, { readonly kind: 'too-large' }>,
): Awaited<ReturnType<IncomingFile['read']>> {
  switch (outcome.kind) {
    case 'file':
      return outcome.content;
    case 'blocked':
      return 'gone';
    case 'answer':
      return outcome.status >= 500 || passingStatuses.includes(outcome.status) ? 'late' : 'gone';
    default:
      return 'late';
  }
}
