import { after } from './moment.ts';

/** Hours in which nobody is woken up: minutes after midnight, from the one to the other, past midnight where `from` is later. */
export type QuietHours = { readonly from: number; readonly until: number; readonly timeZone: string };

const minute = 60_000;
const minutesOfDay = 24 * 60;

/** Whoever wrote to us this lately is awake, and waits for the answer. */
const awakeMs = 30 * minute;

/**
 * When a reporter may be told, where that is not now: at the end of quiet hours. Null where it is no such hour, or the
 * reporter has just written: `askedAt` is when, null where nobody asked.
 */
export function quietUntil(hours: QuietHours | null, now: Date, askedAt: Date | null): Date | null {
  if (hours === null || (askedAt !== null && now.getTime() - askedAt.getTime() < awakeMs)) return null;
  const minutes = minutesAt(now, hours.timeZone);
  const sinceStart = modulo(minutes - hours.from);
  if (sinceStart >= modulo(hours.until - hours.from)) return null;
  const end = after(now, modulo(hours.until - minutes) * minute - (now.getTime() % minute));
  // Where clocks are put forward or back in between, it is found to be earlier or later there.
  const off = modulo(minutesAt(end, hours.timeZone) - hours.until + minutesOfDay / 2) - minutesOfDay / 2;
  return after(end, -off * minute);
}

const modulo = (minutes: number): number => (minutes + minutesOfDay) % minutesOfDay;

/** What a clock on the wall shows there, in minutes after midnight. */
function minutesAt(moment: Date, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const [hour = 0, minutes = 0] = clock.format(moment).split(':').map(Number);
  return hour * 60 + minutes;
}
