import PostalMime, { type Address } from 'postal-mime';
import type { AuthenticationResult, Bounce, MailAddress, MailKind, ReadMail } from '../../src/domain/mail.ts';

/** Reads the mails that tests write, as far as what becomes of them depends on it. */
export async function readMail(raw: Buffer): Promise<ReadMail> {
  const mail = await PostalMime.parse(raw, { forceRfc822Attachments: true });
  const header = (name: string) => mail.headers.filter(({ key }) => key === name).map(({ value }) => value);
  const [type = ''] = header('content-type');
  const [autoSubmitted = 'no'] = header('auto-submitted');
  const kind: MailKind = /report-type="?delivery-status/i.test(type)
    ? 'bounce'
    : /report-type="?disposition-notification/i.test(type)
      ? 'receipt'
      : header('x-lapor-gateway').length > 0
        ? 'own'
        : autoSubmitted !== 'no' || header('list-id').length > 0
          ? 'auto-reply'
          : 'report';
  const body = (mail.text ?? '').replace(/\n$/, '');
  const forwarded = /^-+ Forwarded message -+\nFrom: (.*?) <(.*?)>\n([\s\S]*)$/m.exec(body);
  const at = forwarded?.index ?? body.search(/^(?:Pada .* menulis:|>)/m);
  const own = (at === -1 ? body : body.slice(0, at)).trim();
  const text = forwarded === null ? own : `${own}\n\n${(forwarded[3] ?? '').trim()}`.trim();
  return {
    kind,
    why: kind === 'report' ? null : `header says ${kind}`,
    messageId: mail.messageId ?? null,
    inReplyTo: mail.inReplyTo ?? null,
    references: (mail.references ?? '').split(/\s+/).filter(Boolean),
    from: toAddress(mail.from),
    forwardedFrom: forwarded === null ? null : { name: forwarded[1] ?? null, address: forwarded[2] ?? '' },
    recipients: [...(mail.to ?? []), ...(mail.cc ?? [])].flatMap((to) => toAddress(to) ?? []),
    subject: mail.subject ?? null,
    date: null,
    text,
    quoted: at === -1 ? null : (forwarded === null ? body.slice(at) : forwarded[0].slice(0, 80)).trim(),
    files: mail.attachments
      .filter(({ mimeType }) => !mimeType.startsWith('message/'))
      .map(({ filename, mimeType, content, disposition }) => ({
        name: filename,
        type: mimeType,
        content: new Uint8Array(content as ArrayBuffer),
        inline: disposition === 'inline',
      })),
    bounce: kind === 'bounce' ? readBounce(raw.toString()) : null,
    authentication: header('authentication-results').flatMap(readResults),
    markedSpam: header('x-spam-flag').some((value) => /yes/i.test(value)),
    notes: [],
    error: null,
  };
}

const toAddress = (given: Address | undefined): MailAddress | null =>
  given?.address === undefined ? null : { name: given.name || null, address: given.address };

const readResults = (value: string): readonly AuthenticationResult[] => {
  const [authservId = '', ...results] = value.split(';').map((part) => part.trim());
  return results.map((result) => {
    const [method = '', verdict = ''] = (result.split(/\s/)[0] ?? '').split('=');
    return { authservId, method, result: verdict };
  });
};

function readBounce(raw: string): Bounce {
  const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(raw)?.[1]?.trim() ?? null;
  return {
    messageId: [...raw.matchAll(/^Message-ID: *(<.*>)/gim)][1]?.[1] ?? null,
    action: field('Action') as Bounce['action'],
    status: field('Status'),
    diagnostic: field('Diagnostic-Code'),
  };
}
