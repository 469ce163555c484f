import type { LetterRecord } from '../../../db/letters.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { formatTrackingId } from '../../../domain/tracking-id.ts';
import type { View } from '../../pages/layout.tsx';
import { QrCode } from '../../pages/qr-code.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { LetterFacts } from './letter-facts.tsx';
import { deskWords } from './words.ts';

type LetterReceiptProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly letter: LetterRecord;
  /** Its name. */
  readonly office: string;
  readonly publicUrl: string;
};

/**
 * The paper for who brought the letter: how to follow it, and where the office has it. No name and nothing of what was said:
 * papers are left lying. A confidential report is found by no tracking ID, so its paper has the code that nobody else gets.
 */
export function LetterReceiptPage(props: LetterReceiptProps) {
  const { view, staff, csrfToken, letter, office, publicUrl } = props;
  const { speech } = view;
  const words = deskWords(speech);
  return (
    <StaffLayout
      view={view}
      staff={staff}
      title={words.receiptTitle}
      csrfToken={csrfToken}
      scripts={[view.assets.receiptScript]}
    >
      <section class="card keep letter-receipt">
        <h1>{words.receiptTitle}</h1>
        <div>
          <p>{words.receiptText}</p>
          <Handle {...props} />
        </div>
        {addressOf(letter, publicUrl) !== null && (
          <QrCode address={addressOf(letter, publicUrl) ?? ''} label={words.qrCode} />
        )}
        <dl>
          <LetterFacts speech={speech} letter={letter} office={office} />
        </dl>
        <p>
          {letter.confidential && `${words.receiptSecret} `}
          {speech.say(words.receiptFollow, { address: `${publicUrl}/lacak` })}
        </p>
        <p class="sign">{words.receiptSign}</p>
      </section>
      <p class="links on-screen">
        <button type="button" class="quiet" data-print hidden>
          {words.printNow}
        </button>
        <a href={`/petugas/surat?setelah=${letter.reportId}`}>{words.back}</a>
      </p>
    </StaffLayout>
  );
}

function Handle({ view: { speech }, letter }: LetterReceiptProps) {
  const words = deskWords(speech);
  if (letter.confidential) {
    return (
      <p>
        {words.receiptCode}
        <code class="code">
          {letter.receipt.match(/.{1,4}/g)?.map((group) => (
            <span>{group}</span>
          ))}
        </code>
      </p>
    );
  }
  if (letter.trackingId === null) {
    return (
      <p>
        {words.receiptWaiting} <a href="?">{words.reload}</a>
      </p>
    );
  }
  return (
    <p>
      {words.trackingId}
      <strong class="number">{formatTrackingId(letter.trackingId)}</strong>
    </p>
  );
}

function addressOf({ confidential, receipt, trackingId }: LetterRecord, publicUrl: string): string | null {
  if (confidential) return `${publicUrl}/terima/${receipt}`;
  return trackingId === null ? null : `${publicUrl}/lacak?id=${trackingId}`;
}
