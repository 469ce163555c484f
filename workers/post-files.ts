import type { WorkerContext } from '../src/context.ts';
import type { PostMedia } from '../src/domain/post.ts';
import type { DownloadOutcome } from '../src/outbound/guarded-fetch.ts';
import type { IncomingFile } from './take-files.ts';

/** A photo or a video of a post, at an address that the platform chose. */
export const toIncomingFile =
  ({ download, config }: Pick<WorkerContext, 'download' | 'config'>) =>
  ({ url }: PostMedia): IncomingFile => ({
    name: null,
    read: async () => judge(await download(url, config.attachmentsMaxMb * 1024 * 1024)),
  });

/** Videos are there a while after their post: what is not there may come. */
const passingStatuses: readonly number[] = [404, 408, 425, 429];

function judge(outcome: DownloadOutcome): Awaited<ReturnType<IncomingFile['read']>> {
  switch (outcome.kind) {
    case 'file':
      return outcome.content;
    case 'too-large':
      return 'size';
    case 'blocked':
      return 'gone';
    case 'answer':
      return outcome.status >= 500 || passingStatuses.includes(outcome.status) ? 'late' : 'gone';
    default:
      return 'late';
  }
}
