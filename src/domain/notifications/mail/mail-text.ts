import type { Language, NotificationKind, NotificationParams, ParamsOf } from '../../notification.ts';
import { en } from './en.ts';
import { id } from './id.ts';

/** One paragraph of a mail; `link` is an address with the words that lead to it. */
export type Paragraph = string | { readonly words: string; readonly link: string };

/** What a mail says, with no form yet: text and HTML are made of the same paragraphs. */
export type MailText = { readonly subject: string; readonly paragraphs: readonly Paragraph[] };

/** One language: for each kind what its mail says. `track` gives the address of the page that shows a report. */
export type MailTemplates = {
  readonly [Kind in NotificationKind]: (
    params: ParamsOf[Kind],
    track: (trackingId: string) => string,
  ) => MailText;
};

const templates: { readonly [Name in Language]: MailTemplates } = { id, en };

/** What the reporter reads by e-mail; `params` are those of the kind. `publicUrl` has no trailing slash. */
export function mailText(
  kind: NotificationKind,
  params: NotificationParams,
  language: Language,
  publicUrl: string,
): MailText {
  const template = templates[language][kind] as (
    params: NotificationParams,
    track: (trackingId: string) => string,
  ) => MailText;
  return template(params, (trackingId) => `${publicUrl}/lacak?id=${trackingId}`);
}
