import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Context } from '../context.ts';
import {
  claimUploads,
  deleteUploads,
  insertUpload,
  type KnownUpload,
  listAbandonedUploads,
  listUnscanned,
  listUploads,
  postponeScan,
  recordScan,
} from '../db/attachments.ts';
import { isUnavailable } from '../db/pool.ts';
import { wasAccepted } from '../db/repeats.ts';
import type { AttachmentId, FileProblem, NewAttachment, UploadSecret } from '../domain/attachment.ts';
import { after } from '../domain/moment.ts';
import { type NewReport, normalizeLine } from '../domain/report.ts';
import { AppError, describeFailure } from '../errors.ts';
import { newId, newUploadSecret } from '../ids.ts';
import { createLanes, LaneFull } from '../outbound/lanes.ts';
import { createScan } from './antivirus.ts';
import type { Gps } from './exif-gps.ts';
import type { FileStore } from './file-store.ts';
import { inspectFile } from './inspect.ts';
import { openLocalFolder } from './local-folder.ts';
import { openBucket } from './s3.ts';
import { hashSecret, nameClaimant, openName, sealName } from './upload-secret.ts';

/** A file that was taken in. */
export type Upload = NewAttachment & {
  readonly secret: UploadSecret;
  /** Where a photo was taken, for its sender to take as the place; it is kept nowhere. */
  readonly gps: Gps | null;
  /** False where PostgreSQL was away: it goes with the report of this very request, or is gone. */
  readonly isKept: boolean;
};

/** The files of people: taken in, looked at, kept, put with reports and given out. */
export type Attachments = {
  /**
   * Reads `content` to its end, whatever becomes of it, and keeps the file for a day. Rejects only where the content
   * does; nothing is left then, nor where there is a problem. Of the files of one `sender`, an address, one is looked at
   * at a time.
   */
  readonly receive: (
    content: Readable & { readonly truncated?: boolean },
    name: string | undefined,
    sender: string,
  ) => Promise<Upload | FileProblem>;
  /** The uploads, in the order of their secrets; null for each that is unknown or expired. */
  readonly list: (secrets: readonly UploadSecret[]) => Promise<readonly (NewAttachment | null)[]>;
  /**
   * The report with its uploads made attachments, behind those it has. Throws `AppError` `invalid` where one is unknown,
   * expired or another report's, unless the report itself was accepted before.
   */
  readonly claim: (report: NewReport) => Promise<NewReport>;
  /** As `list`, for an addition, which is known again by its `name`; null as well for what something else was sent with. */
  readonly claimForAddition: (
    secrets: readonly UploadSecret[],
    name: string,
  ) => Promise<readonly (NewAttachment | null)[]>;
  /** Of uploads that nobody else has heard of. */
  readonly discard: (uploads: readonly Upload[]) => Promise<void>;
  /** Null where it is gone. */
  readonly read: (id: AttachmentId) => Promise<Readable | null>;
  /** Deletes what nobody wants any more and has the antivirus look at what it has not seen. */
  readonly sweep: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const keptForMs = 24 * 60 * 60_000;
/** A report may lie in a spool for so long, and its files with it. */
const claimedForMs = 30 * 24 * 60 * 60_000;
const sweepEveryMs = 60_000;
/**
 * Files looked at a time, so that pictures take no more memory than that; others wait on the disk. Whoever sends what takes
 * long to look at waits for themselves.
 */
const inspection = { total: 3, perLane: 1, waiting: { total: 200, perLane: 20 } };
const mostPerSweep = 100;
/** A file that the antivirus cannot judge is shown to it again after a minute, two, four and so on. */
const firstScanPauseMs = 60_000;
const longestScanPauseMs = 6 * 60 * 60_000;

type Parts = Pick<Context, 'config' | 'db' | 'clock' | 'log'>;

/** Throws where the folder cannot be made. */
export async function openAttachments(context: Parts): Promise<Attachments> {
  const { dataDir } = context.config;
  const incoming = join(dataDir, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await forgetIncoming(incoming);
  return createAttachments(context, incoming, await openStore(context.config));
}

function openStore(config: Context['config']): FileStore | Promise<FileStore> {
  const { attachmentsS3Url, attachmentsS3AccessKey, attachmentsS3SecretKey } = config;
  if (attachmentsS3Url === null) return openLocalFolder(join(config.dataDir, 'files'));
  return openBucket(config, {
    url: attachmentsS3Url,
    accessKey: attachmentsS3AccessKey ?? '',
    secretKey: attachmentsS3SecretKey ?? '',
  });
}

/** What a process that was killed had begun to read; what another is reading now is younger. */
async function forgetIncoming(folder: string): Promise<void> {
  const longAgo = Date.now() - keptForMs;
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const facts = await stat(file).catch(() => null);
    if (facts !== null && facts.mtimeMs < longAgo) await rm(file, { force: true });
  }
}

function createAttachments(context: Parts, incoming: string, store: FileStore): Attachments {
  const { config, db, clock, log } = context;
  const scan = createScan(config.attachmentsClamd);
  const inLane = createLanes(inspection);
  const limits = {
    maxPixels: config.attachmentsMaxMegapixels * 1_000_000,
    maxPages: config.attachmentsMaxPages,
  };

  const receive: Attachments['receive'] = async (content, name, sender) => {
    const id = newId<AttachmentId>();
    const [raw, clean] = [join(incoming, id), join(incoming, `${id}.clean`)];
    try {
      const problem = await writeRaw(content, raw);
      return problem ?? (await inLane(sender, () => takeIn(id, raw, clean, name)));
    } catch (error) {
      if (error instanceof LaneFull) return 'busy';
      throw error;
    } finally {
      await rm(raw, { force: true });
      await rm(clean, { force: true });
    }
  };

  async function takeIn(
    id: AttachmentId,
    raw: string,
    clean: string,
    givenName: string | undefined,
  ): Promise<Upload | FileProblem> {
    const scanned = await scan(createReadStream(raw));
    if (scanned === 'infected') {
      log.warn({ event: 'attachment_infected' });
      return 'infected';
    }
    const inspected = await inspectFile(raw, clean, limits);
    if (typeof inspected === 'string') return inspected;
    const { gps, ...facts } = inspected;
    const name = normalizeLine(givenName)?.slice(0, 1_000) ?? null;
    const state = scanned === 'clean' ? ('ready' as const) : ('unscanned' as const);
    const secret = newUploadSecret();
    const upload = { id, ...facts, state, name };
    const isKept = await record(upload, secret);
    try {
      await store.put(id, createReadStream(clean), facts);
    } catch (error) {
      log.error({ event: 'attachment_not_stored', error: describeFailure(error) });
      if (isKept) await deleteUploads(db, [id]).catch(() => undefined);
      return 'storage';
    }
    return { ...upload, secret, gps, isKept };
  }

  /** Before its bytes are stored, so that the sweep finds them whatever happens. */
  async function record(upload: NewAttachment, secret: UploadSecret): Promise<boolean> {
    const row = { ...upload, secretHash: hashSecret(secret), sealedName: sealName(secret, upload.name) };
    try {
      await insertUpload(db, row, after(clock(), keptForMs));
      return true;
    } catch (error) {
      if (isUnavailable(error)) return false;
      throw error;
    }
  }

  async function find(secrets: readonly UploadSecret[]) {
    if (secrets.length === 0) return [];
    const rows = await listUploads(db, secrets.map(hashSecret), clock());
    const byHash = new Map(rows.map((row) => [row.secretHash.toString('hex'), row]));
    return secrets.map((secret) => {
      const row = byHash.get(hashSecret(secret).toString('hex'));
      return row === undefined ? null : { row, attachment: toAttachment(row, secret) };
    });
  }

  /** As `find`, for who is known again by this name; null as well for what somebody else has. */
  async function take(secrets: readonly UploadSecret[], name: string) {
    if (secrets.length === 0) return [];
    const claims = secrets.map((secret) => ({
      secretHash: hashSecret(secret),
      claimant: nameClaimant(secret, name),
    }));
    const taken = new Set((await claimUploads(db, claims, clock())).map((hash) => hash.toString('hex')));
    const found = await find(secrets);
    return found.map((one) => (one !== null && taken.has(one.row.secretHash.toString('hex')) ? null : one));
  }

  const claim: Attachments['claim'] = async (given) => {
    const { uploads = [], ...report } = given;
    if (uploads.length === 0) return given;
    const secrets = [...new Set(uploads)];
    if (secrets.length + (report.attachments?.length ?? 0) > config.attachmentsMaxFiles) {
      throw unfit(
        config.attachmentsMaxFiles,
        `at most ${config.attachmentsMaxFiles} files may come with a report`,
      );
    }
    const { channel, externalId, text } = report;
    const found = await take(secrets, JSON.stringify([channel, externalId ?? { text }]));
    const unknown = found.findIndex((one) => one === null || one.row.reportId !== null);
    if (unknown !== -1 && !(await wasAccepted(db, report))) {
      throw unfit(
        unknown,
        'is no file that waits for this report: unknown, expired or sent with another; upload it again',
      );
    }
    const claimed = found.flatMap((one) => (one === null ? [] : [one.attachment]));
    return { ...report, attachments: [...(report.attachments ?? []), ...claimed] };
  };

  /** What the store does not delete stays known, for the sweep to try again. */
  const discard = async (ids: readonly AttachmentId[]) => {
    const deleted: AttachmentId[] = [];
    for (const id of ids) {
      try {
        await store.delete(id);
        deleted.push(id);
      } catch (error) {
        log.warn({ event: 'attachment_not_deleted', attachmentId: id, error: describeFailure(error) });
      }
    }
    await deleteUploads(db, deleted);
    return deleted.length;
  };

  async function sweep(): Promise<void> {
    const now = clock();
    const claimedBefore = after(now, -claimedForMs);
    const abandoned = await listAbandonedUploads(db, { now, claimedBefore, limit: mostPerSweep });
    if (abandoned.length > 0) {
      log.info({ event: 'uploads_swept', count: await discard(abandoned) });
    }
    await scanUnscanned();
  }

  /** Ends where the antivirus is away; a file that cannot be judged, or read, holds up no other. */
  async function scanUnscanned(): Promise<void> {
    for (const { id, scanCount } of await listUnscanned(db, clock(), mostPerSweep)) {
      const result = await scanStored(id);
      if (result === 'unreachable') {
        log.warn({ event: 'antivirus_unreachable' });
        return;
      }
      if (result === 'clean' || result === 'infected') {
        await recordScan(db, id, result === 'clean' ? 'ready' : 'infected');
        log[result === 'clean' ? 'info' : 'warn']({ event: 'attachment_scanned', attachmentId: id, result });
      } else {
        const pauseMs = Math.min(firstScanPauseMs * 2 ** scanCount, longestScanPauseMs);
        await postponeScan(db, id, after(clock(), pauseMs));
        log.warn({ event: 'attachment_not_scanned', attachmentId: id, reason: result });
      }
    }
  }

  async function scanStored(id: AttachmentId) {
    try {
      const content = await store.get(id);
      return content === null ? 'gone' : await scan(content);
    } catch (error) {
      return describeFailure(error);
    }
  }

  const sweeping = repeat(sweep, log);
  return {
    receive,
    list: async (secrets) => (await find(secrets)).map((one) => one?.attachment ?? null),
    claim,
    claimForAddition: async (secrets, name) =>
      (await take(secrets, name)).map((one) => one?.attachment ?? null),
    discard: async (uploads) => void (await discard(uploads.map(({ id }) => id))),
    read: store.get,
    sweep,
    stop: sweeping.stop,
  };
}

/** Reads to the end although the disk takes no more: what comes behind it in the request is still wanted. */
async function writeRaw(
  content: Readable & { readonly truncated?: boolean },
  file: string,
): Promise<FileProblem | null> {
  let problem: FileProblem | null = null;
  let bytes = 0;
  const handle = await open(file, 'wx', 0o600).catch(() => null);
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (handle === null || problem !== null) continue;
      await handle.writeFile(chunk).catch(() => {
        problem = 'storage';
      });
    }
  } finally {
    await handle?.close();
  }
  if (bytes === 0) return 'empty';
  if (content.truncated === true) return 'size';
  return handle === null ? 'storage' : problem;
}

const toAttachment = (row: KnownUpload, secret: UploadSecret): NewAttachment => ({
  id: row.id,
  type: row.type,
  bytes: row.bytes,
  sha256: row.sha256,
  state: row.state,
  name: openName(secret, row.sealedName),
});

const unfit = (index: number, problem: string): AppError =>
  new AppError('invalid', 'a file cannot be put with this report', {
    fields: [{ path: `/attachments/${index}`, problem }],
  });

function repeat(work: () => Promise<void>, log: Parts['log']): { readonly stop: () => Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(work).catch((error: unknown) => {
      log.warn({ event: 'attachments_sweep_failed', error: describeFailure(error) });
    });
  }, sweepEveryMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
