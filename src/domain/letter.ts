import type { AgencyCode } from './report.ts';
import type { StaffId } from './staff.ts';

/** What staff note about a report that reached them on paper, in person, by telephone or elsewhere. */

export const letterOrigins = ['letter', 'visit', 'phone', 'agency_email', 'social_media'] as const;
export type LetterOrigin = (typeof letterOrigins)[number];

export type Letter = {
  /** Whose book it is entered in. */
  readonly office: AgencyCode;
  /** Calendar year of the book. */
  readonly year: number;
  /** As it stands in the book; with office and year it names one letter for ever. */
  readonly agendaNumber: string;
  readonly origin: LetterOrigin;
  /** Date on the letter, `YYYY-MM-DD`. */
  readonly writtenOn: string | null;
  /** Day the office got it, `YYYY-MM-DD`. */
  readonly receivedOn: string;
  readonly enteredBy: StaffId;
};
