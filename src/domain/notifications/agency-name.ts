import { isGsm7, measureSms, toGsm7 } from '../sms-text.ts';

/**
 * The sentence with the agency's name, as much of it as fits into one SMS of GSM-7: accents that GSM-7 lacks go first,
 * then words from the end, for which three dots stand. Without a name, or where nothing of it can be said: with null.
 */
export function withAgency(
  name: string | null | undefined,
  sentence: (agency: string | null) => string,
): string {
  const words = spell(name ?? '').split(/\s+/);
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

function fits(text: string): boolean {
  const { encoding, segments } = measureSms(text);
  return encoding === 'gsm7' && segments === 1;
}
