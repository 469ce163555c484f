import { formatTrackingId } from '../../tracking-id.ts';
import { statuses } from '../en.ts';
import type { MailTemplates, Paragraph } from './mail-text.ts';

export const en: MailTemplates = {
  tracking_id: ({ trackingId, filesNotTaken }, track) => ({
    subject: `Report ${formatTrackingId(trackingId)}: on record`,
    paragraphs: [
      `Your report is on record. Tracking ID: ${formatTrackingId(trackingId)}. Keep this ID to see how it goes on.`,
      ...notTaken(filesNotTaken),
      ...closing(track(trackingId)),
    ],
  }),
  linked: ({ trackingId, filesNotTaken }, track) => ({
    subject: `Report ${formatTrackingId(trackingId)}: on record`,
    paragraphs: [
      `Your report is on record, together with other reports of the same event. Tracking ID: ${formatTrackingId(trackingId)}. Keep this ID to see how it goes on.`,
      ...notTaken(filesNotTaken),
      ...closing(track(trackingId)),
    ],
  }),
  status: ({ trackingId, status, agencyName }, track) => ({
    subject: `Report ${formatTrackingId(trackingId)}: how it goes on`,
    paragraphs: [
      `Report ${formatTrackingId(trackingId)} ${statuses[status](agencyName ?? null)}.`,
      ...closing(track(trackingId)),
    ],
  }),
  added: ({ trackingId }, track) => ({
    subject: `Report ${formatTrackingId(trackingId)}: addition on record`,
    paragraphs: [
      `We have added this to report ${formatTrackingId(trackingId)}. Thank you.`,
      ...closing(track(trackingId)),
    ],
  }),
  rated: ({ trackingId, rating }, track) => ({
    subject: `Report ${formatTrackingId(trackingId)}: rating on record`,
    paragraphs: [
      `Thank you. Your rating of report ${formatTrackingId(trackingId)}: ${rating} of 5.`,
      ...closing(track(trackingId)),
    ],
  }),
  help: () => ({
    subject: 'How to report by e-mail',
    paragraphs: [
      'Write what happened, where and when, and send it to this address. Photos and documents may be attached.',
      'We answer with a tracking ID. To say more, just reply to that answer.',
      emergency,
    ],
  }),
  wrong_id: () => ({
    subject: 'That tracking ID is wrong',
    paragraphs: [
      'A digit of that ID is wrong. A tracking ID has 12 digits: compare it with our e-mail and send it again.',
      emergency,
    ],
  }),
  not_found: () => ({
    subject: 'We found no such report',
    paragraphs: [
      'We found no report with that ID. Compare the 12 digits with our e-mail and send it again.',
      emergency,
    ],
  }),
  rating_range: () => ({
    subject: 'Rating a report: 1 to 5',
    paragraphs: [
      'A rating is a number from 1 (bad) to 5 (good). Send it again with one of these numbers.',
      emergency,
    ],
  }),
};

const emergency = 'An emergency? Call 112. Nobody reads e-mail at once.';

const notTaken = (count: number | undefined): readonly Paragraph[] =>
  count === undefined || count === 0
    ? []
    : [
        `We could not take ${count} of the files you attached, because of their kind, size or content. All you wrote is on record. Send them again as a photo or a smaller PDF by replying to this e-mail.`,
      ];

const closing = (link: string): readonly Paragraph[] => [
  { words: 'How the report goes on', link },
  'A report that you asked to keep confidential does not show on that page.',
  'Something to add, in words or photos? Just reply to this e-mail.',
  emergency,
  'This e-mail was sent automatically, because your address was given with that report. It was not you? Then ignore it.',
];
