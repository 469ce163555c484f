import { formatTrackingId } from '../../domain/tracking-id.ts';
import { explainFailure, findSame, isSettled, type Journey, stageOf } from './journey.ts';
import type { Message } from './send.ts';

/** Shows the journeys as they go on. */
export type View = {
  readonly update: (journeys: readonly Journey[]) => void;
  /** Leaves the terminal as it should be. */
  readonly close: () => void;
};

/** Rows that move on a terminal, one line an event everywhere else. */
export const openView = (): View => (process.stdout.isTTY ? openLiveView(process.stdout) : openLog());

/** What is over scrolls away above as ordinary lines; only what is under way is drawn again, so any terminal is high enough. */
function openLiveView(out: NodeJS.WriteStream & { readonly isTTY: boolean }): View {
  const printed = new Set<number>();
  let drawn = 0;
  out.write('\x1b[?25l');
  out.write(`${bold(out, row(out, ['#', 'channel', 'report', 'tracking ID', 'agency', 'state']))}\n`);

  const update = (journeys: readonly Journey[]) => {
    const over = journeys.filter((journey) => isSettled(journey) && !printed.has(journey.number));
    for (const { number } of over) printed.add(number);
    const underWay = journeys
      .filter((journey) => journey.sentAt !== null && !isSettled(journey))
      .slice(0, Math.max(out.rows - 6, 3));
    const lines = [
      ...over.map((journey) => describe(out, journey, journeys)),
      ...underWay.map((journey) => dim(out, describe(out, journey, journeys))),
      progress(journeys),
    ];
    // One write, so that nothing flickers: up to where the moving part begins, and clear from there.
    out.write(`${drawn > 0 ? `\x1b[${drawn}A` : ''}\r\x1b[0J${lines.join('\n')}\n`);
    drawn = underWay.length + 1;
  };
  const close = () => {
    out.write(`${drawn > 0 ? '\x1b[1A\r\x1b[0J' : ''}\x1b[?25h\n${legend}\n`);
    drawn = 0;
  };
  return { update, close };
}

function progress(journeys: readonly Journey[]): string {
  const count = (is: (journey: Journey) => boolean) => String(journeys.filter(is).length).padStart(2);
  const parts = [
    `${count(({ sentAt }) => sentAt !== null)} of ${journeys.length} sent`,
    `${count(({ acceptedAt }) => acceptedAt !== null)} accepted`,
    `${count(({ seen }) => seen?.tracking_id != null)} have an ID`,
    `${count((journey) => stageOf(journey) === 'delivered')} delivered`,
  ];
  return parts.join('  ·  ');
}

function describe(out: NodeJS.WriteStream, journey: Journey, all: readonly Journey[]): string {
  const { number, message, seen } = journey;
  const stage = stageOf(journey);
  const line = row(out, [
    String(number),
    message.way === 'twitter (simulated)' ? 'twitter sim' : message.way,
    message.report.text,
    seen?.tracking_id == null ? '' : formatTrackingId(seen.tracking_id),
    shortName(seen?.agency_name ?? ''),
    `${stage}${markOf(journey, all)}`,
  ]);
  if (!out.hasColors()) return line;
  const colour = { delivered: 32, waits: 33, held: 33, failed: 31 }[stage as string];
  return colour === undefined ? line : line.replace(stage, (word) => `\x1b[${colour}m${word}\x1b[39m`);
}

const legend =
  '= 3  the same event as number 3, linked     ↻ 3  number 3 sent again, kept once\n' +
  '+ 3  number 3 written anew by the same person, counted with it\n' +
  'twitter sim  posted to a simulated X, that is gone with the demo';

/** `= 3`: the same event as number 3; `↻ 3`: number 3 sent again, the same report; `+ 3`: a copy of it. */
function markOf(journey: Journey, all: readonly Journey[]): string {
  const same = findSame(journey, all);
  if (same === null) return journey.seen?.duplicate_of == null ? '' : ' =';
  if (journey.repeats !== null) return ` ↻ ${same.number}`;
  return `${journey.seen?.copy_of == null ? ' = ' : ' + '}${same.number}`;
}

type Cells = readonly [
  number: string,
  way: string,
  report: string,
  id: string,
  agency: string,
  state: string,
];

/** Report and agency share what the fixed columns leave of the line. */
function row(out: NodeJS.WriteStream, [number, way, report, id, agency, state]: Cells): string {
  const free = Math.max((out.columns || 80) - 52, 20);
  const agencyWidth = Math.min(Math.floor(free / 2), 34);
  const reportWidth = Math.min(free - agencyWidth, 60);
  return [
    number.padStart(2),
    way.padEnd(11),
    cut(report, reportWidth),
    id.padEnd(14),
    cut(agency, agencyWidth),
    state,
  ]
    .join('  ')
    .trimEnd();
}

/** Exactly so wide; an emoji would take two columns in some terminals and one in others. */
function cut(text: string, width: number): string {
  const plain = text
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return (plain.length > width ? `${plain.slice(0, width - 1)}…` : plain).padEnd(width);
}

function shortName(agencyName: string): string {
  return agencyName
    .replace(/^Pemerintah /, '')
    .replace(/^Kabupaten /, 'Kab. ')
    .replace(/^Provinsi /, 'Prov. ')
    .replace(/^Kementerian /, 'Kem. ');
}

const bold = (out: NodeJS.WriteStream, text: string) => (out.hasColors() ? `\x1b[1m${text}\x1b[22m` : text);
const dim = (out: NodeJS.WriteStream, text: string) => (out.hasColors() ? `\x1b[2m${text}\x1b[22m` : text);

/** One line for each thing that happens, for files and pipes. */
function openLog(): View {
  const started = performance.now();
  const told = new Map<number, readonly string[]>();
  const update = (journeys: readonly Journey[]) => {
    for (const journey of journeys) {
      const before = told.get(journey.number) ?? [];
      const events = listEvents(journey, journeys);
      for (const event of events.filter((name) => !before.includes(name))) {
        const at = ((performance.now() - started) / 1_000).toFixed(3).padStart(7);
        const who = `#${journey.number}`.padEnd(3);
        console.log(`${at}  ${who}  ${journey.message.way.padEnd(19)}  ${event}`);
      }
      told.set(journey.number, events);
    }
  };
  return { update, close: () => undefined };
}

function listEvents(journey: Journey, all: readonly Journey[]): readonly string[] {
  const { sentAt, acceptedAt, seen, message, repeats } = journey;
  const stage = stageOf(journey);
  const same = findSame(journey, all);
  const duplicate = seen?.duplicate_of ?? null;
  return [
    ...(sentAt === null ? [] : [`sent       "${message.report.text.slice(0, 60)}…"${flagsOf(message)}`]),
    ...(acceptedAt === null
      ? []
      : [`accepted${repeats === null ? '' : `   again: the same report as #${repeats}`}`]),
    ...(seen?.tracking_id == null ? [] : [`ID         ${formatTrackingId(seen.tracking_id)}`]),
    ...(repeats !== null || duplicate === null
      ? []
      : [`duplicate  of ${formatTrackingId(duplicate)}${same === null ? '' : ` (#${same.number})`}`]),
    ...(seen?.copy_of == null
      ? []
      : [`copy       ${same === null ? '' : `of #${same.number}, `}counted with it`]),
    ...(seen?.agency_name == null ? [] : [`agency     ${seen.agency_name} (${seen.agency_code})`]),
    ...(stage === 'delivered' ? ['delivered'] : []),
    ...(stage === 'waits' ? ['waits      until the agency pulls it or has an endpoint'] : []),
    ...(stage === 'held' ? [`held       ${seen?.held_for}`] : []),
    ...(stage === 'failed' ? [`failed     ${explainFailure(journey)}`] : []),
  ];
}

function flagsOf({ report }: Message): string {
  return `${report.anonymous ? ', anonymous' : ''}${report.confidential ? ', confidential' : ''}`;
}
