import type { Channel } from '../channel.ts';
import { createMailboxSources } from './fetch/sources.ts';

/** E-mail: reports come by mailboxes that the gateway looks into. */
export function createEmailChannel({ mailboxesFile }: { readonly mailboxesFile: string }): Channel {
  return { name: 'email', providers: [], sources: createMailboxSources(mailboxesFile) };
}
