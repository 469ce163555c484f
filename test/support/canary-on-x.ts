import { momentOfCanary } from '../../chaos/canaries.ts';
import type { PostDraft } from '../../src/simulated-x/posts.ts';
import type { SimulatedX } from '../../src/simulated-x/server.ts';
import { type PlantedReport, takePhoto } from './canary-reports.ts';

const secrecy = { open: '', anonymous: '#anonim', confidential: '#rahasia' } as const;

/** Has it all: a place, a photo with a description, everything in the text that a post can be found by. */
const draftOf = async (report: PlantedReport): Promise<PostDraft> => ({
  text: `@LAPOR1708 ${secrecy[report.openness]} ${report.text} #lapor`,
  long: true,
  place: { fullName: report.placeText, coordinates: [107.6, -6.9] },
  media: [{ kind: 'photo', bytes: await takePhoto(report), altText: `tiang, foto @${report.photo.exif}` }],
});

/** X as the reporters use it: whoever a report is planted for has an account there, and each id that it gives is a canary. */
export function createPosting(x: SimulatedX) {
  let last = 0;

  /** Ids are given by the moment: each in a second of its own, none of them in the future. */
  function nextMoment(number: number): Date {
    last = Math.max(last + 1_000, Date.now() - 30_000);
    return momentOfCanary(number, new Date(last));
  }

  const plantId = (report: PlantedReport, id: string): string => {
    report.planted.set(id, 'post id');
    return id;
  };

  return {
    /** Returns the id. */
    publish: async (report: PlantedReport, more: Partial<PostDraft> = {}): Promise<string> => {
      const { number, identity, account } = report;
      x.addUser({ ...account, name: identity.name });
      const draft = { ...(await draftOf(report)), ...more, author: account.handle, at: nextMoment(number) };
      return plantId(report, x.publish(draft));
    },
    edit: (report: PlantedReport, id: string, text: string): string =>
      plantId(report, x.edit(id, text, nextMoment(report.number))),
  };
}
