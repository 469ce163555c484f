import { defineCommand } from 'citty';
import { listAttachments, setVisibility } from '../db/attachments.ts';
import { recordAudit } from '../db/audit.ts';
import { transaction } from '../db/pool.ts';
import { type Attachment, type AttachmentId, attachmentName, isPublic } from '../domain/attachment.ts';
import { AppError } from '../errors.ts';
import { findReport } from './find-report.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const list = defineCommand({
  meta: { name: 'list', description: 'The files of a report, and whether everybody may see them' },
  args: {
    report: { type: 'positional', description: 'Tracking ID or report id', required: true },
    json: { type: 'boolean', description: 'Print JSON for scripts', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const report = await findReport(db, args.report);
      const attachments = (await listAttachments(db, report.report_id)).map((attachment) => ({
        ...attachment,
        name: attachmentName(attachment),
        public: isPublic(attachment, { ...report, withdrawnAt: report.post_gone_at }),
      }));
      if (args.json) console.log(JSON.stringify(attachments, null, 2));
      else if (attachments.length === 0) console.log('No files came with this report.');
      else console.log(attachments.map(describeAttachment).join('\n'));
    }),
});

const describeAttachment = (attachment: Attachment & { readonly name: string; readonly public: boolean }) =>
  `${attachment.id}  ${attachment.name}  ${attachment.type}, ${attachment.bytes} bytes  ${attachment.state}  ` +
  `${attachment.public ? 'public' : 'not public'} (${attachment.visibility})`;

const release = defineCommand({
  meta: { name: 'release', description: 'Let everybody see a file, although its report may be anonymous' },
  args: {
    id: { type: 'positional', description: 'Id of the file', required: true },
    reason: { type: 'string', description: 'Why: it stays in the audit log', required: true },
  },
  run: ({ args }) => decide(args.id, args.reason, 'released'),
});

const withdraw = defineCommand({
  meta: { name: 'withdraw', description: 'Show a file to nobody but its reporter and the agency' },
  args: {
    id: { type: 'positional', description: 'Id of the file', required: true },
    reason: { type: 'string', description: 'Why: it stays in the audit log', required: true },
  },
  run: ({ args }) => decide(args.id, args.reason, 'withdrawn'),
});

function decide(typed: string, reason: string, visibility: 'released' | 'withdrawn'): Promise<void> {
  return withDatabase(async ({ db }) => {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(typed)) {
      throw new AppError(
        'invalid',
        `${typed} is no id of a file; "lapor attachment list REPORT" shows them.`,
      );
    }
    const id = typed.toLowerCase() as AttachmentId;
    await transaction(db, async (tx) => {
      const reportId = await setVisibility(tx, id, visibility);
      if (reportId === null) throw new AppError('not-found', `No report has a file ${typed}.`);
      await recordAudit(tx, {
        actor: nameOperator(),
        action: visibility === 'released' ? 'attachment_released' : 'attachment_withdrawn',
        subject: `report:${reportId}`,
        reason,
        details: { attachmentId: id },
      });
    });
    console.log(visibility === 'released' ? 'everybody may see it' : 'not public any more');
  });
}

/** `lapor attachment …`: the files of reports, and staff's word on who may see them. */
export const attachmentCommand = defineCommand({
  meta: { name: 'attachment', description: 'Files of reports, and whether everybody may see them' },
  subCommands: { list, release, withdraw },
});
