import type { ReporterView } from '../../domain/audiences/reporter.ts';
import { formatTrackingId } from '../../domain/tracking-id.ts';
import { Layout, type View } from './layout.tsx';
import { ProgressView } from './progress-view.tsx';

export type ReceiptPageProps = {
  readonly view: View;
  readonly receipt: string;
  readonly progress: ReporterView;
  readonly now: Date;
};

export function ReceiptPage({ view, receipt, progress, now }: ReceiptPageProps) {
  const { speech } = view;
  const words = speech.words.receipt;
  const refreshSeconds = secondsToRefresh(progress, now);
  return (
    <Layout view={view} title={words.title} refreshSeconds={refreshSeconds}>
      <section class="panel">
        <h1>{words.title}</h1>
        {progress.trackingId === null ? (
          <>
            <p>{words.waiting}</p>
            {refreshSeconds === undefined ? <a href="?">{words.reload}</a> : <p>{words.waitingHint}</p>}
          </>
        ) : (
          <>
            <p>
              {words.trackingId}
              <strong class="number">{formatTrackingId(progress.trackingId)}</strong>
            </p>
            <p>{words.trackingIdShare}</p>
          </>
        )}
      </section>
      <section class="card">
        <h2>{words.keepTitle}</h2>
        <p>
          {words.code}
          <code class="code">
            {/* in fours for the eye; copied, it is one word */}
            {receipt.match(/.{1,4}/g)?.map((group) => (
              <span>{group}</span>
            ))}
          </code>
        </p>
        <p>
          {words.keep} {words.keepConfidential}
        </p>
      </section>
      <section>
        <ProgressView speech={speech} progress={progress} />
      </section>
      <p>
        <a href="/lapor">{words.another}</a>
      </p>
    </Layout>
  );
}

/** Often while a tracking ID is due any moment, seldom when something holds it up, and not at all once there is nothing to wait for. */
function secondsToRefresh(progress: ReporterView, now: Date): number | undefined {
  if (progress.trackingId !== null || progress.status === 'in_review') return undefined;
  const ageMinutes = (now.getTime() - Date.parse(progress.receivedAt)) / 60_000;
  if (ageMinutes < 2) return 3;
  return ageMinutes < 60 ? 30 : undefined;
}
