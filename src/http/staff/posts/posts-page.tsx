import type { GonePost } from '../../../db/gone-posts.ts';
import type { OrderedPost } from '../../../db/ordered-posts.ts';
import type { ViralCase } from '../../../db/viral-cases.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { formatTrackingId } from '../../../domain/tracking-id.ts';
import type { Speech } from '../../messages/speech.ts';
import { Field } from '../../pages/field.tsx';
import type { View } from '../../pages/layout.tsx';
import { Alert } from '../sign-in/alert.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import type { Refusal } from './seek-post.ts';
import { SourceSection, type SourceStanding } from './source-section.tsx';
import { type PostPageWords, postWords } from './words.ts';

export const postsPath = '/petugas/unggahan';

/** With the name of the agency that has the report. */
type Named<T> = T & { readonly agencyName: string };

/** What only the national desk has: posts are sought with the money of all, and what stands at X is theirs to mend. */
export type NationalPart = {
  /** What was typed and cannot be filed; null where nothing was. */
  readonly refused: { readonly address: string; readonly why: Refusal } | null;
  /** The post that was ordered from this page a moment ago, as it stands now. */
  readonly ordered: (OrderedPost & { readonly id: string }) | null;
  readonly source: SourceStanding;
};

export type PostsPageProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly viral: readonly Named<ViralCase>[];
  readonly gone: readonly Named<GonePost>[];
  readonly national: NationalPart | null;
};

/** What staff should know of posts on X; never what one says or who posted it. */
export function PostsPage({ view, staff, csrfToken, viral, gone, national }: PostsPageProps) {
  const { speech } = view;
  const words = postWords[speech.language];
  return (
    <StaffLayout view={view} staff={staff} title={words.title} csrfToken={csrfToken}>
      <h1>{words.title}</h1>
      {national?.ordered != null && <Ordered words={words} ordered={national.ordered} />}
      {national?.refused != null && (
        <Alert title={words.open.refusedTitle}>
          <p>
            <a href="#alamat">{words.open.refused[national.refused.why]}</a>
          </p>
        </Alert>
      )}
      <p class="lead">{words.lead}</p>
      {national !== null && <OrderForm words={words} csrfToken={csrfToken} refused={national.refused} />}
      <Viral speech={speech} words={words} viral={viral} />
      <Gone speech={speech} words={words} gone={gone} />
      {national !== null && <SourceSection speech={speech} words={words.source} standing={national.source} />}
    </StaffLayout>
  );
}

export const orderedPath = (id: string): string => `${postsPath}?unggahan=${id}`;

type OrderedProps = { readonly words: PostPageWords; readonly ordered: NonNullable<NationalPart['ordered']> };

/** What came of the order. */
function Ordered({ words: { open }, ordered: { id, state, trackingId, isKept } }: OrderedProps) {
  return (
    <div class="notice" role="status" tabindex={-1} autofocus>
      {state === 'pending' ? (
        <p>
          {open.ordered} <a href={orderedPath(id)}>{open.reload}</a>
        </p>
      ) : trackingId !== null ? (
        <p>
          {open.filed} <strong class="whole">{formatTrackingId(trackingId)}</strong>
        </p>
      ) : (
        <p>{isKept ? open.failed : open.held}</p>
      )}
    </div>
  );
}

type OrderFormProps = {
  readonly words: PostPageWords;
  readonly csrfToken: string;
  readonly refused: NationalPart['refused'];
};

function OrderForm({ words: { open }, csrfToken, refused }: OrderFormProps) {
  return (
    <form class="card" method="post" action={postsPath} novalidate>
      <h2>{open.title}</h2>
      <p>{open.lead}</p>
      <input type="hidden" name="csrf" value={csrfToken} />
      <Field
        id="alamat"
        label={open.address}
        hint={open.addressHint}
        problem={refused === null ? undefined : open.refused[refused.why]}
      >
        {(control) => (
          <input
            {...control}
            type="url"
            inputmode="url"
            autocomplete="off"
            maxlength={500}
            required
            value={refused?.address ?? ''}
          />
        )}
      </Field>
      <button type="submit">{open.send}</button>
    </form>
  );
}

type ViralProps = { readonly speech: Speech; readonly words: PostPageWords } & Pick<PostsPageProps, 'viral'>;

function Viral({ speech, words, viral }: ViralProps) {
  return (
    <section aria-labelledby="viral">
      <h2 id="viral">{words.viral.title}</h2>
      {viral.length === 0 && <p>{words.viral.none}</p>}
      {viral.map(({ trackingId, agencyName, since, posts }) => (
        <section class="card">
          <h3 class="whole">{formatTrackingId(trackingId)}</h3>
          <dl>
            <div>
              <dt>{words.viral.posts}</dt>
              <dd>{speech.say(words.viral.count, { count: posts })}</dd>
            </div>
            <div>
              <dt>{words.viral.since}</dt>
              <dd>
                <time datetime={since.toISOString()}>{speech.moment(since)}</time>
              </dd>
            </div>
            <div>
              <dt>{words.agency}</dt>
              <dd lang="id">{agencyName}</dd>
            </div>
          </dl>
        </section>
      ))}
    </section>
  );
}

type GoneProps = { readonly speech: Speech; readonly words: PostPageWords } & Pick<PostsPageProps, 'gone'>;

function Gone({ speech, words, gone }: GoneProps) {
  return (
    <section aria-labelledby="hilang">
      <h2 id="hilang">{words.gone.title}</h2>
      <p>{gone.length === 0 ? words.gone.none : words.gone.lead}</p>
      {gone.map(({ trackingId, agencyName, goneAt }) => (
        <section class="card">
          <h3 class="whole">{formatTrackingId(trackingId)}</h3>
          <p>{words.gone.what}</p>
          <dl>
            <div>
              <dt>{words.gone.seen}</dt>
              <dd>
                <time datetime={goneAt.toISOString()}>{speech.moment(goneAt)}</time>
              </dd>
            </div>
            <div>
              <dt>{words.agency}</dt>
              <dd lang="id">{agencyName}</dd>
            </div>
          </dl>
        </section>
      ))}
    </section>
  );
}
