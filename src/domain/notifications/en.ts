import type { Templates } from '../notification.ts';
import type { Status } from '../progress.ts';
import { formatTrackingId } from '../tracking-id.ts';
import { withAgency } from './agency-name.ts';

export const en: Templates = {
  tracking_id: ({ trackingId }) =>
    `Your report is on record. Tracking ID: ${formatTrackingId(trackingId)}. Keep this ID to see how it goes on. Thank you.`,
  linked: ({ trackingId }) =>
    `Your report is on record, together with other reports of the same event. Tracking ID: ${formatTrackingId(trackingId)}. Thank you.`,
  status: ({ trackingId, status, agencyName }) =>
    withAgency(agencyName, (agency) => `Report ${formatTrackingId(trackingId)} ${statuses[status](agency)}.`),
  added: ({ trackingId }) => `We have added this to report ${formatTrackingId(trackingId)}. Thank you.`,
  rated: ({ trackingId, rating }) =>
    `Thank you. Your rating of report ${formatTrackingId(trackingId)}: ${rating} of 5. To change it, send RATE once more.`,
  help: () =>
    'STATUS (ID): see how it goes on. ADD (ID) (text): say more. RATE (ID) (1-5): rate it. Any other SMS is filed as a report. Emergency: call 112.',
  wrong_id: () =>
    'A digit of that ID is wrong. An ID has 12 digits: compare it with our message and send it again. Send HELP for all commands.',
  not_found: () =>
    'We found no report with that ID. Compare the 12 digits with our message and send it again. Send HELP for all commands.',
  rating_range: () =>
    'A rating is a number from 1 (bad) to 5 (good) behind the ID, for example: RATE 1234-5678-9012 4. Send HELP for all commands.',
};

/** How far a report has come, as the end of a sentence that begins with it. */
export const statuses: { readonly [Name in Status]: (agency: string | null) => string } = {
  accepted: () => 'is with us and being worked on',
  in_review: () => 'is being checked by our staff before it is forwarded',
  forwarded: (agency) => `was forwarded, not yet received by ${agency ?? 'the agency'}`,
  delivered: (agency) => `was received by ${agency ?? 'the agency in charge'}`,
};
