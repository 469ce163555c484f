import type { Readable } from 'node:stream';

/**
 * `unjudged`: the antivirus is there and says nothing of this file: it is too large for it, takes too long, or is none it can
 * read. `unreachable`: it is away.
 */
export type ScanResult = 'clean' | 'infected' | 'unjudged' | 'unreachable';

/** Shows a file to the antivirus; never rejects. */
export type Scan = (content: Readable) => Promise<ScanResult>;

/** A file of 25 MB takes clamd a second or two. */
const withinMs = 30_000;
const answerWithinMs = 3_000;

/** By clamd's INSTREAM at `host:port`; without one, everything is as good as scanned. */
export function createScan(clamd: string | null): Scan {
  if (clamd === null) {
    return async (content) => {
      content.destroy();
      return 'clean';
    };
  }
  const colon = clamd.lastIndexOf(':');
  const [host, port] = [clamd.slice(0, colon).replace(/^\[|\]$/g, ''), Number(clamd.slice(colon + 1))];

  const connect = async () => {
    // Only who has an antivirus loads it.
    const { default: NodeClam } = await import('clamscan');
    return new NodeClam().init({
      clamscan: { active: false },
      clamdscan: { host, port, timeout: withinMs, localFallback: false, active: true },
      preference: 'clamdscan',
    });
  };

  async function ask(content: Readable): Promise<ScanResult> {
    const { isInfected } = await (await connect()).scanStream(content);
    // Null: it answered something else than OK or FOUND, such as that the stream is too large for it.
    return isInfected === null ? 'unjudged' : isInfected ? 'infected' : 'clean';
  }

  /** To begin with, it is asked whether it is there. */
  const isThere = (): Promise<boolean> =>
    within(
      answerWithinMs,
      connect().then(() => true),
    ).catch(() => false);

  return async (content) => {
    // Told to who reads it as well; else a store that breaks off would end the gateway.
    content.on('error', () => {});
    try {
      return await within(withinMs, ask(content));
    } catch {
      return (await isThere()) ? 'unjudged' : 'unreachable';
    } finally {
      content.destroy();
    }
  };
}

/** Rejects where it takes longer. */
async function within<Result>(ms: number, asked: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), ms);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
