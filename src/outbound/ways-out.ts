import type { Download, Post } from './guarded-fetch.ts';
import type { Call } from './provider-call.ts';

/**
 * The ways out, each made with the first request that takes it: undici is a tenth of what a worker loads, and one that has
 * nothing to hand over does without. `close` waits for requests in flight.
 */
export function createWaysOut(options: { readonly allow: readonly string[] }): {
  readonly post: Post;
  readonly download: Download;
  readonly call: Call;
  readonly close: () => Promise<void>;
} {
  const guarded = once(async () => (await import('./guarded-fetch.ts')).createGuardedFetch(options));
  const providers = once(async () => (await import('./provider-call.ts')).createProviderCall());
  return {
    post: async (request) => (await guarded.get()).post(request),
    download: async (url, maxBytes) => (await guarded.get()).download(url, maxBytes),
    call: async (request) => (await providers.get()).call(request),
    close: async () => {
      await guarded.made()?.then((way) => way.close());
      await providers.made()?.then((way) => way.close());
    },
  };
}

function once<T>(make: () => Promise<T>): {
  readonly get: () => Promise<T>;
  /** Null while nobody has asked for it. */
  readonly made: () => Promise<T> | null;
} {
  let made: Promise<T> | null = null;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    made: () => made,
  };
}
