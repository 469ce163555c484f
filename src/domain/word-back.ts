import type { ChannelName } from './report.ts';

/**
 * By which channel a reporter is told what becomes of a report: by the one it came by, where that can send; else by e-mail,
 * where they left an address, as with the form and with letters. Null: they are told nothing.
 */
export function wordBackChannel(
  report: { readonly channel: ChannelName; readonly hasEmail: boolean },
  sending: ReadonlySet<ChannelName>,
): ChannelName | null {
  if (sending.has(report.channel)) return report.channel;
  return report.hasEmail && sending.has('email') ? 'email' : null;
}
