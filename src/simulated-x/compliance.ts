import type { Posts } from './posts.ts';
import { invalidRequest, notThere } from './problem.ts';
import type { Clock } from './server.ts';

type Job = {
  readonly id: string;
  readonly name: string | undefined;
  readonly createdAt: number;
  /** Lines of JSON once ids were uploaded, null before. */
  readonly results: string | null;
};

const uploadMs = 15 * 60_000;
const downloadMs = 7 * 86_400_000;
const most = 100;

export type Compliance = ReturnType<typeof createCompliance>;

/** Batch compliance: ids are uploaded as lines, and what is told back is which of them are gone. Reads no post, so costs none. */
export function createCompliance(posts: Posts, clock: Clock, address: () => string) {
  const jobs = new Map<string, Job>();
  let last = 1_400_000_000_000_000_000n;

  /** POST /2/compliance/jobs. */
  function create(body: unknown) {
    const { type, name } = (body ?? {}) as { type?: unknown; name?: unknown };
    if (type !== 'tweets') throw invalidRequest('type', String(type), '`type` is not one of [tweets]');
    last += 1n;
    const id = String(last);
    const job = { id, name: typeof name === 'string' ? name : undefined, createdAt: clock(), results: null };
    jobs.set(id, job);
    const [oldest] = jobs.keys();
    if (jobs.size > most && oldest !== undefined) jobs.delete(oldest);
    return { data: present(job) };
  }

  function get(id: string): Job {
    const job = jobs.get(id);
    if (job === undefined) throw notThere();
    return job;
  }

  /** PUT to the `upload_url`. */
  function upload(id: string, ids: string): void {
    const job = get(id);
    const lines = ids.split(/\s+/u).filter((line) => line !== '');
    const now = new Date(clock()).toISOString();
    const gone = lines.filter((line) => posts.find(line) === null);
    const results = gone
      .map((line) =>
        JSON.stringify({ id: line, action: 'delete', created_at: now, redacted_at: now, reason: 'deleted' }),
      )
      .map((line) => `${line}\n`)
      .join('');
    jobs.set(id, { ...job, results });
  }

  function present({ id, name, createdAt, results }: Job) {
    const moment = (ms: number) => new Date(ms).toISOString();
    return {
      id,
      type: 'tweets',
      ...(name !== undefined && { name }),
      resumable: false,
      status: results === null ? 'created' : 'complete',
      created_at: moment(createdAt),
      upload_url: `${address()}/compliance/${id}/upload`,
      upload_expires_at: moment(createdAt + uploadMs),
      download_url: `${address()}/compliance/${id}/download`,
      download_expires_at: moment(createdAt + downloadMs),
    };
  }

  return {
    create,
    upload,
    /** GET /2/compliance/jobs/:id. */
    look: (id: string) => ({ data: present(get(id)) }),
    /** GET /2/compliance/jobs. */
    list: () => ({ data: [...jobs.values()].map(present), meta: { result_count: jobs.size } }),
    /** GET of the `download_url`. */
    download: (id: string): string => {
      const { results } = get(id);
      if (results === null) throw notThere();
      return results;
    },
  };
}
