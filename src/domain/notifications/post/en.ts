import { formatTrackingId } from '../../tracking-id.ts';
import { withAgencyInPost } from '../agency-name.ts';
import { statuses } from '../en.ts';
import type { PostTemplates } from './post-text.ts';

export const en: PostTemplates = {
  tracking_id: ({ trackingId, filesNotTaken }) => [
    `Thank you, your report is on record. Tracking ID: ${formatTrackingId(trackingId)}. Keep it to see how it goes on. ${closing(filesNotTaken)}`,
    `We have received your report. Its tracking ID is ${formatTrackingId(trackingId)}: keep it to see how it goes on. Thank you. ${closing(filesNotTaken)}`,
    `It is on record. This is the tracking ID of your report: ${formatTrackingId(trackingId)}. It lets you follow how it goes on. ${closing(filesNotTaken)}`,
  ],
  linked: ({ trackingId, filesNotTaken }) => [
    `Thank you, your report is on record, together with other reports of the same event. Tracking ID: ${formatTrackingId(trackingId)}. ${closing(filesNotTaken)}`,
    `We have received your report. Others have reported the same event. Your tracking ID: ${formatTrackingId(trackingId)}. ${closing(filesNotTaken)}`,
    `It is on record, and joined with other reports of the same. Tracking ID of your report: ${formatTrackingId(trackingId)}. ${closing(filesNotTaken)}`,
  ],
  status: ({ trackingId, status, agencyName }) => {
    const say = (start: string) =>
      withAgencyInPost(agencyName, (agency) => `${start} ${statuses[status](agency)}.`);
    return [
      say(`Report ${formatTrackingId(trackingId)}`),
      say(`How it goes on: report ${formatTrackingId(trackingId)}`),
      say(`News of your report: ${formatTrackingId(trackingId)}`),
    ];
  },
  added: ({ trackingId, filesNotTaken }) => [
    `We have added this to report ${formatTrackingId(trackingId)}. Thank you.${notTaken(filesNotTaken)}`,
    `Thank you, what you say is now part of report ${formatTrackingId(trackingId)}.${notTaken(filesNotTaken)}`,
    `This was added to report ${formatTrackingId(trackingId)}. Thank you for telling us.${notTaken(filesNotTaken)}`,
    `Report ${formatTrackingId(trackingId)} now has what you added. Thank you.${notTaken(filesNotTaken)}`,
  ],
  rated: ({ trackingId, rating }) => [
    `Thank you. Your rating of report ${formatTrackingId(trackingId)}: ${rating} of 5.`,
    `Your rating, ${rating} of 5, of report ${formatTrackingId(trackingId)} is on record. Thank you.`,
  ],
  help: () => [
    `Write what happened, where, and when, and mention our account. We answer with a tracking ID. ${emergency}`,
    `How to report: mention our account and write what happened, where, and when. The tracking ID comes as our answer. ${emergency}`,
  ],
  wrong_id: () => [
    'A digit of that ID is wrong. A tracking ID has 12 digits: compare it with our answer.',
    'That ID is not right: one of its digits is wrong. Compare the 12 digits with our answer.',
  ],
  not_found: () => [
    'We found no report with that ID. Compare the 12 digits with our answer.',
    'No report that we know has that ID. A tracking ID has 12 digits, as in our answer.',
  ],
  rating_range: () => [
    'A rating is a number from 1 (bad) to 5 (good).',
    'Please rate with one number, from 1 (bad) to 5 (good).',
  ],
};

const emergency = 'Emergency: call 112.';

const notTaken = (count = 0): string =>
  count === 0 ? '' : ` ${count} of the files could not be taken, because of their kind or size.`;

/** Where files were not taken that is more urgent than how to say more. */
const closing = (filesNotTaken = 0): string =>
  `${filesNotTaken === 0 ? 'More to say? Reply to this post, but without personal data: everybody can read it.' : notTaken(filesNotTaken).trim()} ${emergency}`;
