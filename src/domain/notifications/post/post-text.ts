import type { Language, NotificationKind, NotificationParams, ParamsOf } from '../../notification.ts';
import { en } from './en.ts';
import { id } from './id.ts';

/** Several wordings of the same: X refuses a post that reads like one before. Each fits into a post, without any link. */
type Wordings = readonly [string, string, ...string[]];

/** One language: for each kind what its answer says, where everybody can read it. */
export type PostTemplates = { readonly [Kind in NotificationKind]: (params: ParamsOf[Kind]) => Wordings };

const templates: { readonly [Name in Language]: PostTemplates } = { id, en };

/** What the reporter reads in an answer on X; `params` are those of the kind. */
export function postWordings(
  kind: NotificationKind,
  params: NotificationParams,
  language: Language,
): Wordings {
  const template = templates[language][kind] as (params: NotificationParams) => Wordings;
  return template(params);
}
