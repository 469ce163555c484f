import { expect, test } from 'vitest';
import type { UploadSecret } from '../../domain/attachment.ts';
import type { ReporterFile, ReporterView } from '../../domain/audiences/reporter.ts';
import type { Agency, Topic } from '../../domain/routing/directory.ts';
import { speechIn } from '../messages/speech.ts';
import { loadAssets } from './assets.ts';
import type { FormFiles } from './attachments-field.tsx';
import { ErrorPage } from './error-page.tsx';
import { HomePage } from './home-page.tsx';
import type { View } from './layout.tsx';
import { AdditionAgainPage, RatingAgainPage } from './receipt-forms.tsx';
import { ReceiptPage, type ReceiptPageProps } from './receipt-page.tsx';
import { emptyForm, type FormField, type FormProblem } from './report-form.ts';
import { ReportFormPage } from './report-form-page.tsx';
import { renderDocument } from './send-page.ts';
import { TrackPage } from './track-page.tsx';

const assets = loadAssets();
const view = (language: 'id' | 'en' = 'id'): View => ({
  speech: speechIn(language),
  assets,
  otherLanguageHref: '?lang=en',
});
const receivedAt = new Date('2026-11-22T03:15:00Z');

const progressOf = (words: string): ReporterView => ({
  receivedAt: receivedAt.toISOString(),
  kind: 'complaint',
  channel: 'web',
  trackingId: '482109375564',
  status: 'forwarded',
  title: words,
  agency: { code: 'D32.71', name: words },
  topic: words,
  reason: words,
  duplicateOf: '103847562918',
  history: [
    { at: receivedAt.toISOString(), what: 'received', agency: null },
    { at: receivedAt.toISOString(), what: 'filed', agency: null },
    { at: receivedAt.toISOString(), what: 'routed', agency: words },
  ],
  additions: [{ id: 'addition', at: receivedAt.toISOString(), text: words }],
  rating: 4,
});

const fileOf = (words: string, additionId: string | null): ReporterFile => ({
  name: words,
  type: 'image/jpeg',
  bytes: 812_345,
  state: 'ready',
  path: words,
  additionId,
});
const formFilesOf = (words: string): FormFiles => ({
  kept: [{ secret: words as UploadSecret, facts: { type: 'image/jpeg', bytes: 812_345 } }],
  places: [words],
  takenPlace: words,
  maxFiles: 5,
  maxMb: 25,
});

const receiptPage: ReceiptPageProps = {
  view: view(),
  receipt: '01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya',
  address: 'https://lapor.example/terima/01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya',
  progress: progressOf('x'),
  may: { add: true, rate: true },
  newsFrom: '/v1/receipts/01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya/events?seen=x',
  csrfToken: 'csrf',
  token: 'token',
  files: [fileOf('x', null), fileOf('x', 'addition')],
  formFiles: formFilesOf('x'),
  stored: 'addition',
  now: receivedAt,
};

const agencyOf = (words: string) => ({ code: words, name: words }) as unknown as Agency;
const topicOf = (words: string) => ({ code: words, name: words }) as unknown as Topic;

const renderForm = (words: string, problems: readonly FormProblem[] = []) =>
  renderDocument(
    <ReportFormPage
      view={view()}
      files={formFilesOf(words)}
      values={{
        ...emptyForm(words),
        kind: words,
        title: words,
        text: words,
        occurredOn: words,
        place: words,
        agency: words,
        topic: words,
        name: words,
        phone: words,
        email: words,
        onBehalfOf: words,
      }}
      csrfToken="csrf"
      today="2026-11-22"
      agencies={[agencyOf(words)]}
      topics={[topicOf(words)]}
      agencyChoices={[agencyOf(words)]}
      problems={problems}
    />,
  );

const pages: readonly [string, (words: string) => string][] = [
  ['report form', (words) => renderForm(words)],
  [
    'report form that found no agency',
    (words) => renderForm(words, [{ field: 'agency', message: 'agencyUnknown', values: { typed: words } }]),
  ],
  [
    'receipt',
    (words) =>
      renderDocument(
        <ReceiptPage
          {...receiptPage}
          receipt={words}
          csrfToken={words}
          token={words}
          progress={progressOf(words)}
          files={[fileOf(words, null), fileOf(words, 'addition')]}
        />,
      ),
  ],
  [
    'addition that comes back',
    (words) =>
      renderDocument(
        <AdditionAgainPage
          view={view()}
          receipt={words}
          csrfToken="csrf"
          obstacle="expired"
          token={words}
          text={words}
          problem={words}
          files={formFilesOf(words)}
          fileProblem={words}
        />,
      ),
  ],
  [
    'rating that comes back',
    (words) =>
      renderDocument(
        <RatingAgainPage
          view={view()}
          receipt={words}
          csrfToken="csrf"
          obstacle={null}
          rating={3}
          problem={words}
        />,
      ),
  ],
  [
    'track page',
    (words) =>
      renderDocument(
        <TrackPage view={view()} typed="" result={progressOf(words)} files={[fileOf(words, null)]} />,
      ),
  ],
  [
    'track page with a mistyped ID',
    (words) => renderDocument(<TrackPage view={view()} typed={words} result="mistyped" files={[]} />),
  ],
  ['error page', (words) => renderDocument(<ErrorPage view={view()} title={words} detail={words} />)],
];

const hostile = [
  '</textarea></title><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus='alert(1)' autofocus='",
  '&lt;script&gt; &amp;quot; {count} javascript:alert(1)',
];

const skeleton = (html: string) => html.replace(/[^<>"]/g, '');

test.each(pages)('hostile words on the %s stay words', (_, render) => {
  // as long as the words that are harmless: the receipt is shown in groups of four
  const harmless = (length: number) => render('x'.repeat(length));
  for (const words of hostile) expect(skeleton(render(words))).toBe(skeleton(harmless(words.length)));
});

test('what was typed is shown again as it was typed', () => {
  const html = renderForm('Jln <rusak> & "berlubang"');
  expect(html).toContain('value="Jln &lt;rusak&gt; &amp; &quot;berlubang&quot;"');
  expect(html).toMatch(/<textarea[^>]*>Jln &lt;rusak&gt; &amp; &quot;berlubang&quot;<\/textarea>/);
});

const everyProblem: readonly FormProblem[] = (
  [
    ['kind', 'kind'],
    ['title', 'tooLong'],
    ['text', 'textEmpty'],
    ['occurredOn', 'day'],
    ['place', 'tooLong'],
    ['agency', 'agencyUnknown'],
    ['agencyChoice', 'agencyUnclear'],
    ['topic', 'topic'],
    ['name', 'tooLong'],
    ['phone', 'phone'],
    ['email', 'email'],
    ['onBehalfOf', 'tooLong'],
    ['consent', 'consent'],
  ] satisfies [FormField, FormProblem['message']][]
).map(([field, message]) => ({ field, message, values: { max: 200, count: 201, typed: 'x' } }));

test('every problem is linked from the summary to its field and described there', () => {
  const html = renderForm('x', everyProblem);
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const { field } of everyProblem) {
    expect(html).toContain(`href="#${field}"`);
    expect(ids).toContain(field);
    expect(ids).toContain(`${field}-problem`);
  }
  expect(html.match(/aria-invalid="true"/g)).toHaveLength(everyProblem.length);
  for (const [, described = ''] of html.matchAll(/aria-describedby="([^"]+)"/g)) {
    for (const id of described.split(' ')) expect(ids).toContain(id);
  }
});

test.each(['id', 'en'] as const)('every page says in %s that it is', (language) => {
  expect(renderDocument(<HomePage view={view(language)} />)).toMatch(
    new RegExp(`^<!doctype html><html lang="${language}"><head><meta charset="utf-8"`),
  );
});

test('no page needs inline style or script, and every script is an asset of ours', () => {
  const html = [renderDocument(<HomePage view={view()} />), ...pages.map(([, render]) => render('x'))].join();
  expect(html).not.toMatch(
    /<style|<script(?! type="module" src="\/assets\/[\w./-]+"><\/script>)|\sstyle=|\son\w+=|javascript:/i,
  );
});

const renderReceipt = (changes: Partial<ReporterView>, minutesLater: number) =>
  renderDocument(
    <ReceiptPage
      {...receiptPage}
      progress={{ ...progressOf('x'), ...changes }}
      now={new Date(receivedAt.getTime() + minutesLater * 60_000)}
    />,
  );
const waiting = { trackingId: null, status: 'accepted' as const, history: [] };

test.each([
  ['every 3 seconds while the ID is due any moment', waiting, 1, 'content="3"'],
  ['every 30 seconds while something holds it up', waiting, 10, 'content="30"'],
] as const)('a receipt without a tracking ID reloads %s', (_, changes, minutes, expected) => {
  expect(renderReceipt(changes, minutes)).toContain(`<noscript><meta http-equiv="refresh" ${expected}`);
});

test.each([
  ['it has its tracking ID', {}, 0],
  ['staff look at the report', { ...waiting, status: 'in_review' as const }, 0],
  ['nothing has come for an hour', waiting, 60],
] as const)('a receipt does not reload once %s', (_, changes, minutes) => {
  expect(renderReceipt(changes, minutes)).not.toContain('http-equiv="refresh"');
});

test('a receipt shows the tracking ID in fours', () => {
  expect(renderReceipt({}, 0)).toContain('4821-0937-5564');
});
