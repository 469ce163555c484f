import type { DeliveryState } from '../../src/domain/notification.ts';
import type { NotificationId } from '../../src/domain/report.ts';
import type { DeliveryReceipt } from '../channel.ts';

/** The name by which addresses of ours carry the id of a notification. */
export const notificationParameter = 'notification';

/**
 * Makes of a provider's word about a message the receipt of one of ours; none where it names no notification, for then
 * somebody else sent it through the same account, or where the state says nothing.
 */
export function toReceipts(word: {
  readonly reference: string | undefined;
  readonly state: DeliveryState | null | undefined;
  /** In the provider's own terms, a code or a fixed name: never free text, which may name the recipient. */
  readonly detail: string;
}): readonly DeliveryReceipt[] {
  const { reference = '', state, detail } = word;
  if (!isUuid(reference) || state == null) return [];
  return [{ notificationId: reference.toLowerCase() as NotificationId, state, detail: asTerm(detail) }];
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** Names and short codes pass; what is long enough to be a phone number does not. */
function asTerm(detail: string): string | null {
  const term = /^[A-Za-z0-9_ -]{1,80}$/.test(detail) && !/\d{6}/.test(detail) ? detail.trim() : '';
  return term === '' ? null : term;
}
