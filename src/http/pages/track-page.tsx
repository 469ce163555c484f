import type { ListedFile } from '../../domain/attachment.ts';
import type { PublicView } from '../../domain/audiences/public.ts';
import { formatTrackingId } from '../../domain/tracking-id.ts';
import { AttachmentList } from './attachment-list.tsx';
import { Layout, type View } from './layout.tsx';
import { ProgressView } from './progress-view.tsx';
import { TrackForm } from './track-form.tsx';

export type TrackPageProps = {
  readonly view: View;
  /** As typed, to be mended where it is wrong. */
  readonly typed: string;
  readonly result: TrackResult;
  /** Those of the report that everybody may see. */
  readonly files: readonly ListedFile[];
};

export type TrackResult = 'not-asked' | 'empty' | 'mistyped' | 'unknown' | PublicView;

export function TrackPage({ view, typed, result, files }: TrackPageProps) {
  const { speech } = view;
  const words = speech.words.track;
  const found = typeof result === 'string' ? null : result;
  const trackingId = found?.trackingId == null ? null : formatTrackingId(found.trackingId);
  return (
    <Layout view={view} title={trackingId === null ? words.title : `${words.result} ${trackingId}`}>
      {trackingId === null ? (
        <h1>{words.title}</h1>
      ) : (
        <h1>
          {words.result} <span class="whole">{trackingId}</span>
        </h1>
      )}
      {found !== null && <ProgressView speech={speech} progress={found} />}
      <AttachmentList speech={speech} files={files} />
      {result === 'unknown' && (
        <div class="alert" role="alert">
          <h2>{words.unknownTitle}</h2>
          <p>{words.unknown}</p>
        </div>
      )}
      <section class="card">
        {found === null ? <p>{words.lead}</p> : <h2>{words.another}</h2>}
        <TrackForm
          label={words.label}
          hint={words.hint}
          submit={words.submit}
          typed={found === null ? typed : ''}
          problem={result === 'mistyped' || result === 'empty' ? words[result] : undefined}
        />
      </section>
    </Layout>
  );
}
