import type { KeptMail, OrderedMail } from '../../../db/mails.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { formatTrackingId } from '../../../domain/tracking-id.ts';
import type { Speech } from '../../messages/speech.ts';
import { sizeOf } from '../../pages/attachments-field.tsx';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { type MailPageWords, mailWords } from './words.ts';

export const mailListPath = '/petugas/email';

export type MailListPageProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly mails: readonly (KeptMail & { readonly agencyName: string })[];
  /** The mail that was ordered to be filed from this page a moment ago, as it stands now. */
  readonly ordered: (OrderedMail & { readonly id: string }) | null;
  /** Where the older ones are; null where these are the last. */
  readonly olderHref: string | null;
  readonly isFirstPage: boolean;
};

/** E-mails that are no reports, each with a button that makes it one; never what they say or who wrote them. */
export function MailListPage(props: MailListPageProps) {
  const { view, staff, csrfToken, mails, ordered, olderHref, isFirstPage } = props;
  const { speech } = view;
  const words = mailWords[speech.language];
  return (
    <StaffLayout view={view} staff={staff} title={words.title} csrfToken={csrfToken}>
      <h1>{words.title}</h1>
      {ordered !== null && <Ordered words={words} ordered={ordered} />}
      <p class="lead">{mails.length === 0 && isFirstPage ? words.none : words.lead}</p>
      {mails.map((mail) => (
        <Mail speech={speech} words={words} mail={mail} csrfToken={csrfToken} />
      ))}
      {(olderHref !== null || !isFirstPage) && (
        <p class="buttons">
          {!isFirstPage && <a href={mailListPath}>{words.newest}</a>}{' '}
          {olderHref !== null && <a href={olderHref}>{words.older}</a>}
        </p>
      )}
    </StaffLayout>
  );
}

type OrderedProps = {
  readonly words: MailPageWords;
  readonly ordered: NonNullable<MailListPageProps['ordered']>;
};

/** What came of the click. */
function Ordered({ words, ordered: { id, state, trackingId, isKept } }: OrderedProps) {
  return (
    <div class="notice" role="status" tabindex={-1} autofocus>
      {state === 'pending' ? (
        <p>
          {words.ordered} <a href={resultPath(id)}>{words.reload}</a>
        </p>
      ) : trackingId !== null ? (
        <p>
          {words.filed} <strong class="whole">{formatTrackingId(trackingId)}</strong>
        </p>
      ) : isKept ? (
        <p>{words.failed}</p>
      ) : (
        <p>{words.held}</p>
      )}
    </div>
  );
}

export const resultPath = (id: string): string => `${mailListPath}?surat=${id}`;

type MailProps = {
  readonly speech: Speech;
  readonly words: MailPageWords;
  readonly mail: MailListPageProps['mails'][number];
  readonly csrfToken: string;
};

function Mail({ speech, words, mail, csrfToken }: MailProps) {
  const { id, fate, mailbox, agencyName, receivedAt, bytes, fileCount, outcome } = mail;
  const received = speech.moment(receivedAt);
  return (
    <section class="card">
      <h2>{words.fates[toShown(fate)]}</h2>
      <dl>
        <div>
          <dt>{words.received}</dt>
          <dd>
            <time datetime={receivedAt.toISOString()}>{received}</time>
          </dd>
        </div>
        <div>
          <dt>{words.mailbox}</dt>
          <dd>{`${mailbox} – ${agencyName}`}</dd>
        </div>
        <div>
          <dt>{words.size}</dt>
          <dd>
            {sizeOf(speech, bytes)}
            {fileCount !== null && `, ${speech.say(words.files, { count: fileCount })}`}
          </dd>
        </div>
        <div>
          <dt>{words.why}</dt>
          <dd lang="en">{outcome}</dd>
        </div>
      </dl>
      <form method="post" action={`${mailListPath}/${id}/laporan`}>
        <input type="hidden" name="csrf" value={csrfToken} />
        <button type="submit" class="quiet">
          {words.file}
          <span class="hidden"> {speech.say(words.ofMoment, { moment: received })}</span>
        </button>
      </form>
    </section>
  );
}

/** What is a report has none of these; it is not listed. */
function toShown(fate: KeptMail['fate']): keyof MailPageWords['fates'] {
  switch (fate) {
    case 'auto-reply':
    case 'bounce':
    case 'own':
    case 'receipt':
    case 'empty':
      return fate;
    default:
      return 'set_aside';
  }
}
