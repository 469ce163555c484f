import type { PublicView } from '../../domain/audiences/public.ts';
import type { ReporterView } from '../../domain/audiences/reporter.ts';
import { formatTrackingId } from '../../domain/tracking-id.ts';
import type { Speech } from '../messages/speech.ts';

type ProgressProps = { readonly speech: Speech; readonly progress: PublicView | ReporterView };

/** What is known of a report: where it stands, who has it and why, and every step with its time. */
export function ProgressView({ speech, progress }: ProgressProps) {
  const { progress: words, form } = speech.words;
  const kinds = {
    complaint: form.complaint,
    aspiration: form.aspiration,
    information_request: form.informationRequest,
  };
  return (
    <>
      <p class="status" aria-live="polite" data-live="status">
        <strong class={`badge ${progress.status}`}>{words[progress.status]}</strong>{' '}
        {words[`${progress.status}_text`]}
      </p>
      <div data-live="facts">
        {/* Names, topics and reasons are data in Indonesian, whatever the language of the page. */}
        <dl>
          <Fact name={words.agency} value={progress.agency?.name ?? null} lang="id" />
          <Fact onScreen name={words.reason} value={progress.reason} lang="id" />
          <Fact name={words.reportTitle} value={'title' in progress ? progress.title : null} />
          <Fact onScreen name={words.topic} value={progress.topic} lang="id" />
          <Fact onScreen name={words.kind} value={kinds[progress.kind]} />
          <Fact name={words.receivedAt} value={speech.moment(new Date(progress.receivedAt))} />
        </dl>
        {progress.duplicateOf !== null && (
          <p>{speech.say(words.sameCase, { trackingId: formatTrackingId(progress.duplicateOf) })}</p>
        )}
        <h2>{words.title}</h2>
        <Timeline speech={speech} progress={progress} />
      </div>
    </>
  );
}

type FactProps = {
  readonly name: string;
  readonly value: string | null;
  readonly lang?: 'id';
  /** Not worth its place on paper. */
  readonly onScreen?: true;
};

function Fact(props: FactProps) {
  if (props.value === null) return null;
  return (
    <div class={props.onScreen && 'on-screen'}>
      <dt>{props.name}</dt>
      <dd lang={props.lang}>{props.value}</dd>
    </div>
  );
}

const expectedSteps = ['filed', 'routed', 'delivered'] as const;

/** What has happened with its time, then what is still to come. */
function Timeline({ speech, progress }: ProgressProps) {
  const { progress: words } = speech.words;
  const happened = new Set(progress.history.map((event) => event.what));
  return (
    <ol class="timeline">
      {progress.history.map((event) => (
        <li class="done">
          <span>{eventSentence(speech, event)}</span>
          <time datetime={event.at}>{speech.moment(new Date(event.at))}</time>
        </li>
      ))}
      {expectedSteps
        .filter((step) => !happened.has(step))
        .map((step) => (
          <li>
            <span>{words[`event_${step}`]}</span>
            <small>{words.pending}</small>
          </li>
        ))}
    </ol>
  );
}

function eventSentence(speech: Speech, { what, agency }: PublicView['history'][number]): string {
  const { progress: words } = speech.words;
  return (what === 'routed' || what === 'delivered') && agency !== null
    ? speech.say(words[`event_${what}To`], { agency })
    : words[`event_${what}`];
}
