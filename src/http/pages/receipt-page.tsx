import type { ReporterFile, ReporterView } from '../../domain/audiences/reporter.ts';
import { formatTrackingId } from '../../domain/tracking-id.ts';
import type { Speech } from '../messages/speech.ts';
import { AttachmentList, FileLinks } from './attachment-list.tsx';
import type { FormFiles } from './attachments-field.tsx';
import { Layout, type View } from './layout.tsx';
import { ProgressView } from './progress-view.tsx';
import { QrCode } from './qr-code.tsx';
import { AdditionForm, RatingForm } from './receipt-forms.tsx';

export type ReceiptPageProps = {
  readonly view: View;
  readonly receipt: string;
  /** Of this page, with scheme and host, for the QR code. */
  readonly address: string;
  readonly progress: ReporterView;
  /** Of the report, and of what was added to it. */
  readonly files: readonly ReporterFile[];
  /** What the reporter may do now. */
  readonly may: { readonly add: boolean; readonly rate: boolean };
  /** Where news come from, as long as any are to come. */
  readonly newsFrom: string | null;
  readonly csrfToken: string;
  /** Names this filling-in of the form that adds. */
  readonly token: string;
  readonly formFiles: FormFiles;
  /** What was sent from this page a moment ago. */
  readonly stored: Stored | null;
  readonly now: Date;
};

export type Stored = 'addition' | 'rating';

/**
 * The page of whoever holds the receipt. Parts marked `data-live` are replaced by the page's script as soon as there is
 * something new in them; a form is left alone once it is there.
 */
export function ReceiptPage(props: ReceiptPageProps) {
  const { view, progress, stored, now, newsFrom } = props;
  const { speech } = view;
  const words = speech.words.receipt;
  const refreshSeconds = secondsToRefresh(progress, now);
  return (
    <Layout
      view={view}
      title={words.title}
      refreshSeconds={refreshSeconds}
      scripts={[view.assets.receiptScript]}
    >
      {stored !== null && (
        <div class="notice" role="status" tabindex={-1} autofocus>
          <p>{speech.words[stored].stored}</p>
        </div>
      )}
      <section class="panel" aria-live="polite" data-live="number" data-news={newsFrom ?? undefined}>
        <h1>{words.title}</h1>
        <TrackingId speech={speech} progress={progress} isRefreshed={refreshSeconds !== undefined} />
      </section>
      <Keep {...props} />
      <section>
        <ProgressView speech={speech} progress={progress} />
      </section>
      <div class="on-screen" data-live="files">
        <AttachmentList speech={speech} files={props.files.filter(({ additionId }) => additionId === null)} />
      </div>
      <div data-live="additions">
        <Additions speech={speech} additions={progress.additions} files={props.files} />
      </div>
      <Forms {...props} />
      <p class="on-screen">
        <a class="link" href="/lapor">
          {words.another}
        </a>
      </p>
    </Layout>
  );
}

function TrackingId({
  speech,
  progress,
  isRefreshed,
}: {
  readonly speech: Speech;
  readonly progress: ReporterView;
  readonly isRefreshed: boolean;
}) {
  const words = speech.words.receipt;
  if (progress.trackingId === null) {
    return (
      <>
        <p>{words.waiting}</p>
        {isRefreshed ? <p>{words.waitingHint}</p> : <a href="?">{words.reload}</a>}
      </>
    );
  }
  return (
    <>
      <p>
        {words.trackingId}
        <strong class="number">{formatTrackingId(progress.trackingId)}</strong>
      </p>
      <CopyButton speech={speech} label={words.copyTrackingId} text={formatTrackingId(progress.trackingId)} />
      <p class="on-screen">{words.trackingIdShare}</p>
    </>
  );
}

/** What opens this page again: the code in words, and as a picture to be photographed. */
function Keep({ view: { speech }, receipt, address }: ReceiptPageProps) {
  const words = speech.words.receipt;
  return (
    <section class="card keep">
      <h2>{words.keepTitle}</h2>
      <div class="keep-code">
        <p>
          {words.code}
          <code class="code">
            {/* in fours for the eye; copied, it is one word */}
            {receipt.match(/.{1,4}/g)?.map((group) => (
              <span>{group}</span>
            ))}
          </code>
        </p>
        <p class="buttons on-screen">
          <CopyButton speech={speech} label={words.copyCode} text={receipt} />
          <button class="quiet" type="button" data-print hidden>
            {words.print}
          </button>
        </p>
      </div>
      <QrCode address={address} label={words.qrCode} />
      <p>
        {words.keep} {words.keepConfidential}
      </p>
    </section>
  );
}

/** Shown by the page's script, where the browser lets it copy. */
function CopyButton(props: { readonly speech: Speech; readonly label: string; readonly text: string }) {
  return (
    <>
      <button
        class="quiet"
        type="button"
        data-copy={props.text}
        data-copied={props.speech.words.receipt.copied}
        hidden
      >
        {props.label}
      </button>
      <span class="copied" role="status" />
    </>
  );
}

function Additions({
  speech,
  additions,
  files,
}: {
  readonly speech: Speech;
  readonly additions: ReporterView['additions'];
  readonly files: readonly ReporterFile[];
}) {
  if (additions.length === 0) return null;
  return (
    <section class="on-screen">
      <h2>{speech.words.addition.listTitle}</h2>
      <ol class="additions">
        {additions.map(({ id, at, text }) => (
          <li>
            <time datetime={at}>{speech.moment(new Date(at))}</time>
            {text !== '' && <p>{text}</p>}
            <FileLinks speech={speech} files={files.filter(({ additionId }) => additionId === id)} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Forms(props: ReceiptPageProps) {
  const { progress, may } = props;
  const { speech } = props.view;
  const { addition, rating } = speech.words;
  const form = { speech, receipt: props.receipt, csrfToken: props.csrfToken };
  return (
    <>
      <div class="on-screen" data-live="add">
        {may.add && (
          <section class="card">
            <h2>{addition.title}</h2>
            <AdditionForm {...form} token={props.token} files={props.formFiles} />
          </section>
        )}
      </div>
      <div class="on-screen" data-live="rate">
        {may.rate && (
          <section class="card">
            <h2>{progress.rating === null ? rating.title : rating.titleAgain}</h2>
            {progress.rating !== null && <p>{speech.say(rating.given, { rating: progress.rating })}</p>}
            <RatingForm {...form} rating={progress.rating} />
          </section>
        )}
      </div>
    </>
  );
}

/** Often while a tracking ID is due any moment, seldom when something holds it up, and not at all once there is nothing to wait for. */
function secondsToRefresh(progress: ReporterView, now: Date): number | undefined {
  if (progress.trackingId !== null || progress.status === 'in_review') return undefined;
  const ageMinutes = (now.getTime() - Date.parse(progress.receivedAt)) / 60_000;
  if (ageMinutes < 2) return 3;
  return ageMinutes < 60 ? 30 : undefined;
}
