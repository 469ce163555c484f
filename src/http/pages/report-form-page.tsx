import type { Receipt } from '../../domain/report.ts';
import type { Agency, Topic } from '../../domain/routing/directory.ts';
import type { Speech } from '../messages/speech.ts';
import { AttachmentsField, type FormFiles } from './attachments-field.tsx';
import { describedBy, Field, Notes } from './field.tsx';
import { Layout, type View } from './layout.tsx';
import { anyAgency, type FormField, type FormProblem, type FormValues } from './report-form.ts';
import {
  DraftNote,
  FormKeys,
  JoinNote,
  PointField,
  SimilarReports,
  TopicSuggestion,
} from './report-form-help.tsx';

export type ReportFormProps = {
  readonly view: View;
  readonly values: FormValues;
  readonly csrfToken: string;
  /** The last day that may be given, `YYYY-MM-DD`. */
  readonly today: string;
  readonly agencies: readonly Agency[];
  readonly topics: readonly Topic[];
  readonly files: FormFiles;
  readonly problems?: readonly FormProblem[];
  readonly agencyChoices?: readonly Agency[];
  readonly notice?: Notice;
};

/** Why a form without a problem comes back all the same. */
export type Notice =
  | { readonly kind: 'csrf' | 'unavailable' | 'tooMany' }
  | { readonly kind: 'sentBefore'; readonly receipt: Receipt };

const formId = 'laporan';

export function ReportFormPage(props: ReportFormProps) {
  const { view, values, csrfToken, problems = [], notice } = props;
  const { form, problems: words } = view.speech.words;
  const title = problems.length > 0 ? `${words.titlePrefix} ${form.title}` : form.title;
  return (
    <Layout view={view} title={title} languageForm={formId} scripts={view.assets.form.modules}>
      <h1>{form.title}</h1>
      <p class="lead">{form.lead}</p>
      {problems.length > 0 && <ProblemSummary speech={view.speech} problems={problems} />}
      {notice !== undefined && <NoticeBox speech={view.speech} notice={notice} />}
      {/*
        The query makes it another address than the form's: a POST drops its own address from the browser's cache, and
        the way back would lead to a fresh form with a new token. novalidate: the browser would complain in its own
        language, one field at a time.
      */}
      <form
        id={formId}
        method="post"
        action="/lapor?kirim"
        enctype="multipart/form-data"
        novalidate
        data-worker={view.assets.form.worker.path}
        data-words={JSON.stringify(view.speech.words.scripts)}
      >
        <input type="hidden" name="csrf" value={csrfToken} />
        <input type="hidden" name="token" value={values.token} />
        <FormKeys view={view} values={values} />
        <JoinNote view={view} joins={values.joins} />
        <EventFields {...props} />
        <AddresseeFields {...props} />
        <AttachmentsField speech={view.speech} files={props.files} problem={problemOf(props)('files')} />
        <ReporterFields {...props} />
        <SecrecyFields {...props} />
        <button type="submit">{form.submit}</button>
      </form>
    </Layout>
  );
}

function EventFields(props: ReportFormProps) {
  const { form } = props.view.speech.words;
  const { values } = props;
  const problem = problemOf(props);
  const kinds = [
    ['complaint', form.complaint, form.complaintHint],
    ['aspiration', form.aspiration, form.aspirationHint],
    ['information_request', form.informationRequest, form.informationRequestHint],
  ] as const;
  return (
    <>
      <section>
        <h2>{form.aboutSection}</h2>
        <fieldset id="kind" {...describedBy('kind', undefined, problem('kind'))}>
          <legend>{form.kind}</legend>
          <Notes id="kind" problem={problem('kind')} />
          {kinds.map(([kind, label, hint]) => (
            <div class="choice">
              <input
                type="radio"
                name="kind"
                id={`kind-${kind}`}
                value={kind}
                checked={values.kind === kind}
                {...describedBy(`kind-${kind}`, hint, undefined)}
              />
              <label for={`kind-${kind}`}>{label}</label>
              <Notes id={`kind-${kind}`} hint={hint} />
            </div>
          ))}
        </fieldset>
        <Field
          id="title"
          label={form.titleField}
          optional={form.optional}
          hint={form.titleHint}
          problem={problem('title')}
        >
          {(control) => <input {...control} type="text" value={values.title} autocomplete="off" />}
        </Field>
        <Field id="text" label={form.text} hint={form.textHint} problem={problem('text')}>
          {(control) => (
            // A leading line break right after the tag is swallowed by browsers; the text is trimmed, so it has none.
            <textarea {...control} rows={8} aria-required="true">
              {values.text}
            </textarea>
          )}
        </Field>
        <DraftNote view={props.view} />
      </section>
      <section>
        <h2>{form.whenSection}</h2>
        <Field
          id="occurredOn"
          label={form.occurredOn}
          optional={form.optional}
          hint={form.occurredOnHint}
          problem={problem('occurredOn')}
        >
          {(control) => <input {...control} type="date" max={props.today} value={values.occurredOn} />}
        </Field>
        <Field
          id="place"
          label={form.place}
          optional={form.optional}
          hint={form.placeHint}
          problem={problem('place')}
        >
          {(control) => <input {...control} type="text" value={values.place} autocomplete="off" />}
        </Field>
        <PointField view={props.view} values={values} problem={problem('point')} />
      </section>
      <SimilarReports view={props.view} />
    </>
  );
}

function AddresseeFields(props: ReportFormProps) {
  const { form } = props.view.speech.words;
  const { values, agencies, topics, agencyChoices = [] } = props;
  const problem = problemOf(props);
  return (
    <section>
      <h2>{form.whoSection}</h2>
      <Field
        id="agency"
        label={form.agency}
        optional={form.optional}
        hint={form.agencyHint}
        problem={problem('agency')}
      >
        {(control) => (
          <input {...control} type="text" list="agencies" value={values.agency} autocomplete="off" />
        )}
      </Field>
      <datalist id="agencies">
        {agencies.map((agency) => (
          <option value={agency.name} />
        ))}
      </datalist>
      {(agencyChoices.length > 0 || problem('agency') !== undefined) && (
        <AgencyChoices {...props} agencyChoices={agencyChoices} />
      )}
      <Field id="topic" label={form.topic} optional={form.optional} problem={problem('topic')}>
        {(control) => (
          <select {...control}>
            <option value="">{form.topicUnknown}</option>
            {topics.map((topic) => (
              <option value={topic.code} selected={topic.code === values.topic}>
                {topic.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TopicSuggestion view={props.view} />
    </section>
  );
}

/** Agencies whose names come near to what was typed. Leaving the choice to us is preselected: sending again is enough. */
function AgencyChoices(props: ReportFormProps & { readonly agencyChoices: readonly Agency[] }) {
  const { form } = props.view.speech.words;
  const problem = problemOf(props)('agencyChoice');
  const choices = [...props.agencyChoices, { code: anyAgency, name: form.agencyUnknown }];
  return (
    <fieldset id="agencyChoice" {...describedBy('agencyChoice', undefined, problem)}>
      <legend>{form.agencyChoice}</legend>
      <Notes id="agencyChoice" problem={problem} />
      <input type="hidden" name="agencyAsked" value={props.values.agency} />
      {choices.map(({ code, name }) => (
        <div class="choice">
          <input
            type="radio"
            name="agencyChoice"
            id={`agency-${code}`}
            value={code}
            checked={code === anyAgency}
          />
          <label for={`agency-${code}`}>{name}</label>
        </div>
      ))}
    </fieldset>
  );
}

function ReporterFields(props: ReportFormProps) {
  const { form } = props.view.speech.words;
  const { values } = props;
  const problem = problemOf(props);
  return (
    <section>
      <h2>
        {form.reporterSection} <span class="optional">{form.optional}</span>
      </h2>
      <p class="hint">{form.reporterHint}</p>
      <Field id="name" label={form.name} problem={problem('name')}>
        {(control) => <input {...control} type="text" value={values.name} autocomplete="name" />}
      </Field>
      <Field id="phone" label={form.phone} hint={form.phoneHint} problem={problem('phone')}>
        {(control) => <input {...control} type="tel" value={values.phone} autocomplete="tel" />}
      </Field>
      <Field id="email" label={form.email} problem={problem('email')}>
        {(control) => (
          <input {...control} type="email" value={values.email} autocomplete="email" spellcheck={false} />
        )}
      </Field>
      <Field id="onBehalfOf" label={form.onBehalfOf} problem={problem('onBehalfOf')}>
        {(control) => <input {...control} type="text" value={values.onBehalfOf} autocomplete="off" />}
      </Field>
    </section>
  );
}

function SecrecyFields(props: ReportFormProps) {
  const { form } = props.view.speech.words;
  const { values } = props;
  return (
    <>
      <section>
        <h2>{form.secrecySection}</h2>
        <Check id="anonymous" label={form.anonymous} hint={form.anonymousHint} checked={values.anonymous} />
        <Check
          id="confidential"
          label={form.confidential}
          hint={form.confidentialHint}
          checked={values.confidential}
        />
      </section>
      <section>
        <h2>{form.consentSection}</h2>
        <Check
          id="consent"
          label={form.consent}
          hint={form.consentHint}
          checked={values.consent}
          problem={problemOf(props)('consent')}
        />
      </section>
    </>
  );
}

type CheckProps = {
  readonly id: 'anonymous' | 'confidential' | 'consent';
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly problem?: string | undefined;
};

function Check({ id, label, hint, checked, problem }: CheckProps) {
  return (
    <div class="choice">
      <input
        type="checkbox"
        id={id}
        name={id}
        value="1"
        checked={checked}
        {...describedBy(id, hint, problem)}
      />
      <label for={id}>{label}</label>
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  );
}

/** Says at the top what to mend and links to each field; takes the focus, so that a screen reader starts here. */
function ProblemSummary({
  speech,
  problems,
}: {
  readonly speech: Speech;
  readonly problems: readonly FormProblem[];
}) {
  const words = speech.words.problems;
  return (
    <div class="alert" role="alert" aria-labelledby="problems" tabindex={-1} autofocus>
      <h2 id="problems">{speech.say(words.heading, { count: problems.length })}</h2>
      <p>{words.notSent}</p>
      <ul>
        {problems.map((problem) => (
          <li>
            <a href={`#${problem.field}`}>{sentence(speech, problem)}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function NoticeBox({ speech, notice }: { readonly speech: Speech; readonly notice: Notice }) {
  const words = speech.words.problems;
  return (
    <div class="alert" role="alert" tabindex={-1} autofocus>
      <p>{words[notice.kind]}</p>
      {notice.kind === 'sentBefore' && (
        <p>
          <a href={`/terima/${notice.receipt}`}>{words.sentBeforeLink}</a>
        </p>
      )}
    </div>
  );
}

function problemOf({ view, problems = [] }: ReportFormProps): (field: FormField) => string | undefined {
  return (field) => {
    const problem = problems.find((candidate) => candidate.field === field);
    return problem === undefined ? undefined : sentence(view.speech, problem);
  };
}

function sentence(speech: Speech, { message, values = {} }: FormProblem): string {
  return speech.say(speech.words.problems[message], values);
}
