import { formatTrackingId } from '../../domain/tracking-id.ts';
import { Field } from './field.tsx';
import type { View } from './layout.tsx';
import type { FormValues } from './report-form.ts';

/*
 * What helps to fill in the report form. Whatever needs a script is `hidden` until the script is there; the words are
 * here, because the scripts have none of their own.
 */

const separator = ' · ';

type InView = { readonly view: View };

/** What the form carries unseen: proof that somebody fills it in, and a field that nobody who sees the page fills in. */
export function FormKeys({ view, values }: InView & { readonly values: FormValues }) {
  return (
    <>
      <input type="hidden" name="opened" value={values.opened} />
      <input type="hidden" name="proof" value={values.proof} />
      <div class="hidden" aria-hidden="true">
        <label for="trap">{view.speech.words.form.trap}</label>
        <input type="text" id="trap" name="trap" value={values.trap} tabindex={-1} autocomplete="off" />
      </div>
    </>
  );
}

/** Says what the browser keeps, on a phone that others may use too. */
export function DraftNote({ view }: InView) {
  const { form } = view.speech.words;
  return (
    <div class="aside" id="draft" hidden>
      <p class="hint">{form.draft}</p>
      <button type="button" class="quiet" id="draft-forget">
        {form.forgetDraft}
      </button>
      <p role="status" id="draft-status" />
    </div>
  );
}

/** The report that this one joins. Leaving it is a link to a fresh form, or a button of the script that keeps what was typed. */
export function JoinNote({ view, joins }: InView & { readonly joins: string }) {
  const { form } = view.speech.words;
  return (
    <div class="aside" id="join" hidden={joins === ''}>
      <input type="hidden" name="joins" id="joins" value={joins} />
      <p>
        {form.joining} <strong id="join-id">{formatTrackingId(joins)}</strong>
      </p>
      <a href="/lapor" id="join-leave">
        {form.leave}
      </a>
    </div>
  );
}

export function PointField({
  view,
  values,
  problem,
}: InView & { readonly values: FormValues; readonly problem: string | undefined }) {
  const { form } = view.speech.words;
  return (
    <>
      <input type="hidden" name="areaCode" id="areaCode" value={values.areaCode} />
      <Field id="point" label={form.point} optional={form.optional} hint={form.pointHint} problem={problem}>
        {(control) => (
          <input {...control} type="text" value={values.point} autocomplete="off" spellcheck={false} />
        )}
      </Field>
      <div id="locate" hidden>
        <button type="button" class="quiet">
          {form.locate}
        </button>
        <p role="status" />
      </div>
    </>
  );
}

/** Where the script shows what may be the same event, right after what and where have been told. */
export function SimilarReports({ view }: InView) {
  const { form } = view.speech.words;
  return (
    <>
      <p class="hidden" role="status" id="similar-status" />
      <section class="card similar" id="similar" aria-labelledby="similar-title" hidden>
        <h2 id="similar-title">{form.similarTitle}</h2>
        <p class="hint">{form.similarHint}</p>
        <ul />
        <template>
          <li>
            <p>
              <strong data-part="topic" lang="id" /> <span data-part="reason" lang="id" />
            </p>
            <p class="hint">
              <time data-part="time" />
              {separator}
              <span data-part="reports" />
              {separator}
              <span data-part="id" />
            </p>
            <button type="button" class="quiet">
              {form.alsoMe}
            </button>
          </li>
        </template>
      </section>
    </>
  );
}

export function TopicSuggestion({ view }: InView) {
  return (
    <div id="topic-suggestion" hidden>
      <p role="status" />
      <button type="button" class="quiet">
        {view.speech.words.form.useTopic}
      </button>
    </div>
  );
}
