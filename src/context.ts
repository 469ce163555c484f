import type { Logger } from 'pino';
import type { Channel } from '../channels/channel.ts';
import type { Attachments } from './attachments/attachments.ts';
import type { Config } from './config.ts';
import type { Pool } from './db/pool.ts';
import type { AttemptOutcome, NotificationKind } from './domain/notification.ts';
import type { Identity } from './domain/report.ts';
import type { Directory } from './domain/routing/directory.ts';
import type { Ocr } from './ocr/ocr.ts';
import type { Download, Post } from './outbound/guarded-fetch.ts';
import type { Call } from './outbound/provider-call.ts';
import type { Enqueue } from './queue/jobs.ts';
import type { BlindIndex } from './sealing/blind-index.ts';
import type { Open } from './sealing/open.ts';
import type { Seal } from './sealing/seal.ts';

/**
 * Everything a function may need from the outside world. A function asks for the part it uses,
 * `Pick<Context, 'db' | 'clock'>`, so its signature tells what it can touch.
 */
export type Context = {
  readonly config: Config;
  readonly db: Pool;
  readonly enqueue: Enqueue;
  readonly channels: readonly Channel[];
  /** The agencies, areas and topics as last loaded; a snapshot, never half of an import. */
  readonly directory: () => Directory;
  readonly countNotification: (kind: NotificationKind, outcome: AttemptOutcome) => void;
  readonly clock: () => Date;
  readonly log: Logger;
};

/** What taking reports needs besides: sealing who reports. Nothing here can open it again. */
export type DoorContext = Context & {
  readonly seal: Seal;
  readonly blindIndex: BlindIndex;
  /** Signs what the report form carries to the browser and back. */
  readonly formKey: Buffer;
};

/** What the pages and the API need besides: the files of people, and who reads scans. */
export type HttpContext = DoorContext & { readonly attachments: Attachments; readonly ocr: Ocr };

/** Who sent something, and what they, or their mail program, called it. */
export type Sender = {
  readonly identity: Identity;
  readonly messageId: string | null;
  /** As of `Original`. */
  readonly summoned?: boolean;
};

/** What workers are given besides: the private keys, as a function, and the ways out. A process that only serves has neither. */
export type WorkerContext = Context & {
  /** The guarded way out to addresses that others chose. */
  readonly post: Post;
  /** The way out to the providers that the operator set up. */
  readonly call: Call;
  readonly open: Open;
  /** Seals anew what was opened, for the same key. */
  readonly sealAgain: (keyId: string) => Promise<Seal>;
  /**
   * Who sent the report or message with this id, null where nothing is known of them, `unopenable` where the seal is not what was sealed. For
   * `notify` alone, which has to reach them.
   */
  readonly revealSender: (id: string) => Promise<Sender | 'unopenable' | null>;
  /**
   * Marks who sends a report, and finds reports of whom a message names as its writer. Throws `AppError` `config` where the index
   * key is not here: then only who has it unpacks bundles and files e-mail.
   */
  readonly blindIndex: BlindIndex;
  /** The guarded way to files at addresses that others chose. */
  readonly download: Download;
  /** Where the files go that come with what workers read. */
  readonly attachments: Attachments;
};
