import type { Readable } from 'node:stream';
import NodeClam from 'clamscan';

export type ScanResult = 'clean' | 'infected' | 'unreachable';

/** Shows a file to the antivirus; never rejects. */
export type Scan = (content: Readable) => Promise<ScanResult>;

/** A file of 25 MB takes clamd a second or two. */
const withinMs = 30_000;

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

  async function ask(content: Readable): Promise<ScanResult> {
    const clam = await new NodeClam().init({
      clamscan: { active: false },
      clamdscan: { host, port, timeout: withinMs, localFallback: false, active: true },
      preference: 'clamdscan',
    });
    const { isInfected } = await clam.scanStream(content);
    // Null: it answered something else than OK or FOUND, such as that the stream is too large for it.
    return isInfected === null ? 'unreachable' : isInfected ? 'infected' : 'clean';
  }

  return async (content) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ScanResult>((resolve) => {
      timer = setTimeout(() => resolve('unreachable'), withinMs);
    });
    try {
      return await Promise.race([ask(content), late]);
    } catch {
      return 'unreachable';
    } finally {
      clearTimeout(timer);
      content.destroy();
    }
  };
}
