import { longestPost, weighPost, withoutLinks } from '../post-text.ts';
import { isGsm7, measureSms, toGsm7 } from '../sms-text.ts';

type Sentence = (agency: string | null) => string;

/**
 * The sentence with the agency's name, as much of it as fits into one SMS of GSM-7: accents that GSM-7 lacks go first,
 * then words from the end, for which three dots stand. Without a name, or where nothing of it can be said: with null.
 */
export const withAgency = (name: string | null | undefined, sentence: Sentence): string =>
  withAsMuchOf(spell(name ?? ''), sentence, fitsSms);

/** Likewise with as much of the name as fits into a post, and nothing of it becomes a link there. */
export const withAgencyInPost = (name: string | null | undefined, sentence: Sentence): string =>
  withAsMuchOf(withoutLinks((name ?? '').trim()), sentence, (text) => weighPost(text) <= longestPost);

function withAsMuchOf(name: string, sentence: Sentence, fits: (text: string) => boolean): string {
  const words = name.split(/\s+/);
  for (let kept = words.length; kept > 0; kept -= 1) {
    const said = words.slice(0, kept).join(' ');
    const agency = kept === words.length ? said : said.replace(/\W*$/, '...');
    if (agency !== '' && fits(sentence(agency))) return sentence(agency);
  }
  return sentence(null);
}

function spell(name: string): string {
  const spelled = toGsm7(name.trim());
  return isGsm7(spelled) ? spelled : toGsm7(spelled.normalize('NFD').replace(/\p{M}/gu, ''));
}

function fitsSms(text: string): boolean {
  const { encoding, segments } = measureSms(text);
  return encoding === 'gsm7' && segments === 1;
}
