import type { Bounce, MailKind } from '../../../src/domain/mail.ts';
import { decodeWords } from './encoded-words.ts';
import { findField, type Header, listFields, splitHeader } from './header.ts';
import { decodeQuotedPrintable } from './transfer-encoding.ts';
import type { Part } from './tree.ts';

/** What is known of our own mails; without it they are known by their header fields alone. */
export type OwnMail = {
  /** Address that our mails come from. */
  readonly address?: string;
  /** Domain in our Message-IDs. */
  readonly domain?: string;
};

export type Classified = {
  readonly kind: MailKind;
  readonly why: string | null;
  readonly bounce: Bounce | null;
};

/** A mail that passed so many servers goes round in circles (RFC 5321, section 6.3, counts to 100). */
const mostHops = 50;

/** The field that marks our own mails. */
const ownField = 'x-lapor-gateway';

type Read = {
  readonly root: Part;
  readonly text: string;
  readonly subject: string | null;
  readonly from: string | null;
};

/** Tells what people write from what machines send, by what mails say of themselves (RFC 3464, 3834, 8098, 2919). */
export function classify(mail: Read, own: OwnMail): Classified {
  const { header } = mail.root;
  const only = (kind: MailKind, why: string): Classified => ({ kind, why, bounce: null });
  const mine = findOwn(header, own);
  const report = findReport(mail.root);
  if (report !== null) return classifyReport(report, mail);
  if (mine !== null) return only('own', mine);
  const hops = listFields(header, 'received').length;
  if (hops > mostHops) return only('auto-reply', `passed ${hops} servers: goes round in circles`);
  const bounce = findPlainBounce(mail);
  if (bounce !== null) return bounce;
  if (
    /^\s*(?:read|not read|dibaca|telah dibaca|tidak dibaca|gelesen|lu|leído|lido|letto|gelezen)\s*:/i.test(
      mail.subject ?? '',
    ) &&
    isEmptyReceipt(mail)
  ) {
    return only('receipt', 'subject of a read receipt');
  }
  const why = findMachine(mail);
  return why === null ? { kind: 'report', why: null, bounce: null } : only('auto-reply', why);
}

const isEmptyReceipt = (mail: Read) => /^(?:your message|pesan anda)\b/i.test(mail.text.trim());

function findOwn(header: Header, own: OwnMail): string | null {
  if (findField(header, ownField) !== null) return `has our field ${ownField}`;
  const loops = listFields(header, 'x-loop').map((value) => value.toLowerCase());
  if (
    loops.some(
      (value) =>
        value === 'lapor-gateway' || (own.address !== undefined && value.includes(own.address.toLowerCase())),
    )
  ) {
    return 'has our X-Loop: comes back to us';
  }
  const id = findField(header, 'message-id') ?? '';
  if (
    own.domain !== undefined &&
    /^<n\.[0-9a-f-]{32,36}@/i.test(id) &&
    id.toLowerCase().endsWith(`@${own.domain.toLowerCase()}>`)
  ) {
    return 'has a Message-ID of ours';
  }
  return null;
}

type Report = { readonly type: string; readonly part: Part | null; readonly returned: Header | null };

function findReport(root: Part): Report | null {
  const stated =
    root.type === 'multipart/report' ? (root.parameters.get('report-type') ?? '').toLowerCase() : '';
  const parts = listParts(root);
  const part =
    parts.find(({ type }) =>
      /^message\/(?:global-)?(?:delivery-status|disposition-notification|feedback-report)$/.test(type),
    ) ?? null;
  const type = part === null ? stated : part.type.replace(/^message\/(?:global-)?/, '');
  // such a part in somebody's forwarded mail makes their mail no bounce
  if (
    type === '' ||
    (root.type !== 'multipart/report' && part !== null && !isFromDaemon(root.header) && root !== part)
  )
    return null;
  return { type, part, returned: findReturned(parts) };
}

/** Without what is in enclosed mails. */
function listParts(root: Part): Part[] {
  const found: Part[] = [];
  const open = [root];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    found.push(part);
    if (part.type.startsWith('multipart/')) open.push(...[...part.children].reverse());
  }
  return found;
}

function findReturned(parts: readonly Part[]): Header | null {
  for (const part of parts) {
    if (part.type.startsWith('message/') && part.children[0] !== undefined) return part.children[0].header;
    if (/rfc822-headers/.test(part.type)) {
      const { header } = splitHeader(part.body, false);
      if (header.fields.length > 0) return header;
    }
  }
  return null;
}

const isFromDaemon = (header: Header) =>
  /mailer-?daemon|mail delivery (?:sub)?system|mail delivery service|post_?master@|mdaemon|mail administrator/i.test(
    findField(header, 'from') ?? '',
  ) || ['return-path', 'from'].some((name) => findField(header, name)?.replace(/\s/g, '') === '<>');

function classifyReport(report: Report, mail: Read): Classified {
  if (report.type.startsWith('disposition-notification')) {
    return { kind: 'receipt', why: 'disposition notification (RFC 8098)', bounce: null };
  }
  if (report.type === 'feedback-report') {
    return { kind: 'auto-reply', why: 'complaint about a mail, sent by a machine (RFC 5965)', bounce: null };
  }
  if (!report.type.startsWith('delivery-status'))
    return { kind: 'auto-reply', why: `a machine's report (${report.type.slice(0, 60)})`, bounce: null };
  const bounce = readBounce(report, mail.text);
  const arrived =
    bounce.action === 'delivered' || bounce.action === 'relayed' || bounce.action === 'expanded';
  return {
    kind: arrived ? 'receipt' : 'bounce',
    why: `delivery status notification (RFC 3464)${bounce.action === null ? '' : `: ${bounce.action}`}`,
    bounce,
  };
}

const actions = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;

/** A CR before LF ends no line of its own: else each line of CRLF would be followed by an empty one. */
const blankLine = /(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r(?!\n))/;

/** Of several recipients the one who fared worst. */
function readBounce({ part, returned }: Report, text: string): Bounce {
  const groups: Header[] = [];
  if (part !== null) {
    const raw = /quoted/i.test(part.encoding) ? decodeQuotedPrintable(part.body) : part.body;
    const plain = /base64/i.test(part.encoding) ? Buffer.from(raw.toString('latin1'), 'base64') : raw;
    for (const block of plain.toString('latin1', 0, 200_000).split(blankLine)) {
      groups.push(splitHeader(Buffer.from(block, 'latin1'), true).header);
    }
  }
  const recipients = groups
    .map((group) => ({
      action: actions.find((one) => findField(group, 'action')?.toLowerCase().startsWith(one)) ?? null,
      status: /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(findField(group, 'status') ?? '')?.[0] ?? null,
      diagnostic: findField(group, 'diagnostic-code'),
    }))
    .filter(({ action, status }) => action !== null || status !== null)
    .sort((a, b) => rank(a.action) - rank(b.action));
  const worst = recipients[0];
  return {
    messageId:
      (returned === null ? null : readId(findField(returned, 'message-id'))) ?? findMentionedId(text),
    action: worst?.action ?? null,
    status: worst?.status ?? null,
    diagnostic:
      worst?.diagnostic == null ? null : decodeWords(worst.diagnostic.replace(/\s+/g, ' ')).slice(0, 1_000),
  };
}

const rank = (action: Bounce['action']) => (action === null ? actions.length : actions.indexOf(action));

const readId = (value: string | null) => /<[^<>\s]{1,500}>/.exec(value ?? '')?.[0] ?? null;

const findMentionedId = (text: string) =>
  /^[> ]*message-id:\s*(<[^<>\s]{1,500}>)/im.exec(text.slice(0, 200_000))?.[1] ?? null;

const bounceSubject =
  /^\s*(?:undeliver(?:able|ed)|(?:message |permanent |e-?mail |\[postmaster\] e-?mail )?delivery (?:status|failure|notification|report|has failed|failed|error|incomplete)|mail delivery (?:failed|failure|system|delayed)|returned mail|failure notice|failed mail|message (?:undeliverable|delivery failure|delayed)|warning: (?:message|could not)|non[- ]?delivery|nondeliverable|delayed mail|undelivered mail|mail system error|gagal terkirim|pesan tidak terkirim|tidak terkirim|unzustellbar|unzustellbare|mail could not be delivered|rejected mail|e-?mail (?:bounced|could not be delivered)|delivery problems|message not delivered|postmaster notify|could not send message|mail failed|mail failure|mail delivery status|failed delivery|failure delivery|warning-+could not|.{0,40}errors from|メールエラー通知|.{0,4}メッセージを配信できません)/i;

const bounceText =
  /did not reach the following|addresses had delivery problems|no such user|user unknown|invalid user address|(?:could|can) ?not be delivered/i;

/** What mail systems sent before there was a form for it, and some do still. */
function findPlainBounce({ root, text, subject }: Read): Classified | null {
  const { header } = root;
  const exim = findField(header, 'x-failed-recipients') !== null;
  const daemon = isFromDaemon(header);
  const says = bounceSubject.test(subject ?? '') || bounceText.test(text.slice(0, 1_500));
  if (!exim && !(daemon && says)) return null;
  const code = /\b([45]\.\d{1,3}\.\d{1,3})\b/.exec(text.slice(0, 20_000))?.[1] ?? null;
  const delayed = /\bdelay|warning|tertunda/i.test(subject ?? '') && !code?.startsWith('5');
  const diagnostic = /^.*\b[45]\d\d[ -].*$/m.exec(text.slice(0, 20_000))?.[0].trim().slice(0, 1_000) ?? null;
  return {
    kind: 'bounce',
    why: exim
      ? 'names recipients that failed (X-Failed-Recipients)'
      : 'from a mail system, with the words of a bounce',
    bounce: {
      messageId:
        findMentionedId(text) ??
        readId(findReturned(listParts(root))?.fields.find(([name]) => name === 'message-id')?.[1] ?? null),
      action: delayed ? 'delayed' : 'failed',
      status: code,
      diagnostic,
    },
  };
}

/** The whole subject, or what mailers put before the one they answer: `Cuti` may be what a citizen complains about. */
const autoSubject =
  /^\s*(?:(?:re|aw|balasan)\s*:\s*)?(?:out of (?:the )?office(?: (?:auto-?)?reply)?|automatic reply|auto(?:matic)?[- ]?(?:reply|response|responder)|autoreply|autosvar|balasan otomatis|jawaban otomatis|respon otomatis|di luar kantor|sedang cuti|abwesenheit(?:snotiz)?|automatische antwort|automatisch antwoord|réponse automatique|respuesta automática|resposta automática|risposta automatica|fuori sede|automatiskt svar|automatisk svar|frånvaro|vacation (?:reply|response|message)|away from my mail|自動返信|自动回复|自動回覆|자동 회신|автоматический ответ|автоответ)\s*(?:[:：]|$)/i;

/** Why it was sent by a machine or to many, as its header says; null where nothing says so. */
function findMachine({ root: { header }, subject }: Read): string | null {
  const submitted = findField(header, 'auto-submitted')
    ?.toLowerCase()
    .replace(/[;(].*$/, '')
    .trim();
  if (submitted !== undefined && submitted !== '' && submitted !== 'no')
    return `Auto-Submitted: ${submitted.slice(0, 60)}`;
  for (const name of [
    'x-autoreply',
    'x-autorespond',
    'x-auto-reply',
    'x-autoresponse',
    'x-autoreply-from',
    'x-autoresponder',
    'x-mail-autoreply',
    'x-autogenerated',
    'x-vacation',
    'x-cron-env',
  ]) {
    const value = findField(header, name);
    if (value !== null && !/^(?:no|false|0)$/i.test(value)) return `has the field ${name}`;
  }
  if (/^(?:yes|true)/i.test(findField(header, 'delivered-by-the-graceful-auto-responder') ?? ''))
    return 'sent by an autoresponder';
  const suppressed = findField(header, 'x-auto-response-suppress') ?? '';
  if (/\ball\b/i.test(suppressed)) return 'wants no answer (X-Auto-Response-Suppress: All)';
  const precedence = findField(header, 'precedence')?.toLowerCase() ?? '';
  const found = /bulk|junk|list|auto[-_]?reply/.exec(precedence)?.[0];
  if (found !== undefined) return `Precedence: ${found}`;
  if (/auto[-_]?reply/.test((findField(header, 'x-precedence') ?? '').toLowerCase()))
    return 'X-Precedence: auto_reply';
  const list = header.fields.find(
    ([name]) =>
      /^list-(?:id|post|unsubscribe|help|subscribe|owner|archive)$/.test(name) ||
      name === 'x-mailing-list' ||
      name === 'mailing-list',
  );
  if (list !== undefined) return `sent by a list or to many (${list[0]})`;
  return autoSubject.test(subject ?? '') ? 'subject of an automatic reply' : null;
}
