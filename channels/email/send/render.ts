import type { Language } from '../../../src/domain/notification.ts';
import type { MailText, Paragraph } from '../../../src/domain/notifications/mail/mail-text.ts';

/** The paragraphs as plain text, an empty line between them. */
export const renderText = ({ paragraphs }: MailText): string =>
  `${paragraphs.map((part) => (typeof part === 'string' ? part : `${part.words}:\n${part.link}`)).join('\n\n')}\n`;

/**
 * The same as HTML, for programs that show nothing else. No colours, which mail programs in the dark turn around, and no
 * pictures: who loads them tells that the mail was read.
 */
export const renderHtml = ({ subject, paragraphs }: MailText, language: Language): string =>
  `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title></head>
<body style="font-family:sans-serif;font-size:16px;line-height:1.5;max-width:36em;margin:0 auto;padding:1em">
${paragraphs.map((part) => `<p>${renderPart(part)}</p>`).join('\n')}
</body>
</html>
`;

const renderPart = (part: Paragraph): string =>
  typeof part === 'string'
    ? escapeHtml(part)
    : `${escapeHtml(part.words)}:<br><a href="${escapeHtml(part.link)}">${escapeHtml(part.link)}</a>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
