import type { EnteredLetter, LetterRecord } from '../../../db/letters.ts';
import { letterOrigins } from '../../../domain/letter.ts';
import type { LetterField, LetterFields, LetterProblem } from '../../../domain/letter-entry.ts';
import { kinds } from '../../../domain/report.ts';
import type { Agency, Topic } from '../../../domain/routing/directory.ts';
import type { StaffMember } from '../../../domain/staff.ts';
import { formatTrackingId } from '../../../domain/tracking-id.ts';
import type { Speech } from '../../messages/speech.ts';
import type { FormFiles } from '../../pages/attachments-field.tsx';
import { describedBy, Field, Notes } from '../../pages/field.tsx';
import type { View } from '../../pages/layout.tsx';
import { StaffLayout } from '../staff-layout.tsx';
import { AgencySuggestion, DeskJoinNote, DeskSimilar, DeskTopicSuggestion } from './letter-form-help.tsx';
import { ScanSection } from './scan-section.tsx';
import { deskWords, letterProblem } from './words.ts';

export type DeskProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly csrfToken: string;
  readonly values: LetterFields;
  /** The last day that may be given, `YYYY-MM-DD`. */
  readonly today: string;
  /** Whose books they may enter letters in. */
  readonly offices: readonly Agency[];
  readonly agencies: readonly Agency[];
  readonly topics: readonly Topic[];
  readonly files: FormFiles;
  readonly reads: { readonly pictures: boolean; readonly pdf: boolean };
  readonly entered: { readonly letters: readonly EnteredLetter[]; readonly count: number };
  readonly problems?: readonly LetterProblem[];
  /** Of the files, in words. */
  readonly fileProblems?: readonly string[];
  readonly notice?: DeskNotice;
};

/** What became of what was sent before: `taken` says that it was not saved, for another letter has its number. */
export type DeskNotice =
  | { readonly kind: 'saved' | 'savedSame' | 'taken'; readonly letter: LetterRecord }
  | { readonly kind: 'unavailable' };

const formId = 'surat';

/** One screen for a letter, a visit or a call. It saves without scripts; they add what is done while typing. */
export function LetterFormPage(props: DeskProps) {
  const { view, values, problems = [], fileProblems = [] } = props;
  const { speech } = view;
  const words = deskWords(speech);
  const hasProblems = problems.length + fileProblems.length > 0;
  return (
    <StaffLayout
      view={view}
      staff={props.staff}
      title={words.title}
      csrfToken={props.csrfToken}
      scripts={view.assets.form.desk}
    >
      <h1>{words.title}</h1>
      <p class="hint">{words.lead}</p>
      <Keys speech={speech} />
      {hasProblems && <Summary {...props} />}
      <Notice {...props} />
      <form
        id={formId}
        class="desk"
        method="post"
        action="/petugas/surat"
        enctype="multipart/form-data"
        novalidate
        data-words={JSON.stringify({ ...speech.words.scripts, ...words.scripts })}
      >
        {/* Without scripts, Enter in a field presses the first submit button: this one, not the one that uploads. */}
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nobody can come upon it, it is out of the tab order */}
        <button class="hidden" type="submit" tabindex={-1} aria-hidden="true" />
        <input type="hidden" name="csrf" value={props.csrfToken} />
        <input type="hidden" name="textByOcr" id="textByOcr" value={values.textByOcr ? '1' : ''} />
        <BookFields {...props} />
        <ScanSection
          speech={speech}
          files={props.files}
          problem={fileProblems.length === 0 ? undefined : fileProblems.join('. ')}
          reads={props.reads}
        />
        <AboutFields {...props} />
        <ReporterFields {...props} />
        <AddresseeFields {...props} />
        <SecrecyFields {...props} />
        <p class="hidden" role="alert" id="desk-alert" />
        <p class="buttons save">
          <button type="submit" id="save">
            {words.saveNext}
          </button>
          <button type="submit" name="lanjut" value="lihat" class="quiet">
            {words.saveShow}
          </button>
        </p>
      </form>
      <Today {...props} />
    </StaffLayout>
  );
}

function Keys({ speech }: { readonly speech: Speech }) {
  const words = deskWords(speech);
  return (
    <dl class="keys" id="keys" aria-label={words.keysTitle} hidden>
      {words.keys.map(([key, what]) => (
        <div>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

function BookFields(props: DeskProps) {
  const { view, values, today, offices, notice } = props;
  const words = deskWords(view.speech);
  const problem = problemOf(props);
  const isFresh = (props.problems ?? []).length + (props.fileProblems ?? []).length === 0;
  return (
    <section class="row">
      <h2>{words.bookSection}</h2>
      {offices.length > 1 ? (
        <Field id="office" label={words.office} problem={problem('office')}>
          {(control) => (
            <select {...control}>
              {offices.map(({ code, name }) => (
                <option value={code} selected={code === values.office}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      ) : (
        <input type="hidden" name="office" value={values.office} />
      )}
      <Field id="origin" label={words.origin} problem={problem('origin')}>
        {(control) => (
          <select {...control}>
            {letterOrigins.map((origin) => (
              <option value={origin} selected={origin === values.origin}>
                {words.origins[origin]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field id="receivedOn" label={words.receivedOn} problem={problem('receivedOn')}>
        {(control) => <input {...control} type="date" max={today} value={values.receivedOn} />}
      </Field>
      <Field id="agendaNumber" label={words.agendaNumber} problem={problem('agendaNumber')}>
        {(control) => (
          <input
            {...control}
            type="text"
            value={values.agendaNumber}
            autocomplete="off"
            spellcheck={false}
            aria-required="true"
            autofocus={isFresh && notice?.kind !== 'taken' && notice?.kind !== 'unavailable'}
          />
        )}
      </Field>
      <Field id="writtenOn" label={words.writtenOn} optional={words.optional} problem={problem('writtenOn')}>
        {(control) => <input {...control} type="date" max={today} value={values.writtenOn} />}
      </Field>
      <div id="post" class="whole-row">
        <Field
          id="postUrl"
          label={words.postUrl}
          optional={words.optional}
          hint={words.postUrlHint}
          problem={problem('postUrl')}
        >
          {(control) => <input {...control} type="url" value={values.postUrl} autocomplete="off" />}
        </Field>
      </div>
    </section>
  );
}

function AboutFields(props: DeskProps) {
  const { view, values } = props;
  const { form } = view.speech.words;
  const words = deskWords(view.speech);
  const problem = problemOf(props);
  const names = {
    complaint: form.complaint,
    aspiration: form.aspiration,
    information_request: form.informationRequest,
  };
  return (
    <section>
      <h2>{words.aboutSection}</h2>
      <div class="row">
        <Field id="kind" label={words.kind} problem={problem('kind')}>
          {(control) => (
            <select {...control}>
              {kinds.map((kind) => (
                <option value={kind} selected={kind === values.kind}>
                  {names[kind]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field id="title" label={words.titleField} optional={words.optional} problem={problem('title')}>
          {(control) => <input {...control} type="text" value={values.title} autocomplete="off" />}
        </Field>
      </div>
      <Field id="text" label={words.text} hint={words.textHint} problem={problem('text')}>
        {(control) => (
          <textarea {...control} rows={7} aria-required="true">
            {values.text}
          </textarea>
        )}
      </Field>
      <div class="choice" id="ocr-check" hidden={!values.textByOcr}>
        <input
          type="checkbox"
          id="textWasRead"
          name="textWasRead"
          value="1"
          checked={values.textWasRead}
          {...describedBy('textWasRead', undefined, problem('textWasRead'))}
        />
        <label for="textWasRead">{words.textWasRead}</label>
        <Notes id="textWasRead" problem={problem('textWasRead')} />
      </div>
      <input type="hidden" name="areaCode" id="areaCode" value={values.areaCode} />
      {/* The scripts of the public form ask for a point as well; at the desk there is none. */}
      <input type="hidden" name="point" value="" />
      <Field id="place" label={words.place} optional={words.optional} problem={problem('place')}>
        {(control) => <input {...control} type="text" value={values.place} autocomplete="off" />}
      </Field>
      <DeskJoinNote speech={view.speech} joins={values.joins} />
      <DeskSimilar speech={view.speech} />
    </section>
  );
}

function ReporterFields(props: DeskProps) {
  const words = deskWords(props.view.speech);
  const problem = problemOf(props);
  const inputs = [
    ['name', words.name, 'text'],
    ['phone', words.phone, 'tel'],
    ['email', words.email, 'email'],
    ['onBehalfOf', words.onBehalfOf, 'text'],
  ] as const;
  return (
    <section class="row">
      <h2>{words.reporterSection}</h2>
      <p class="hint whole-row">{words.reporterHint}</p>
      {inputs.map(([id, label, type]) => (
        <Field id={id} label={label} problem={problem(id)}>
          {(control) => <input {...control} type={type} value={props.values[id]} autocomplete="off" />}
        </Field>
      ))}
      <div class="whole-row">
        <Field id="address" label={words.address} problem={problem('address')}>
          {(control) => <input {...control} type="text" value={props.values.address} autocomplete="off" />}
        </Field>
      </div>
    </section>
  );
}

function AddresseeFields(props: DeskProps) {
  const { view, values, agencies, topics } = props;
  const words = deskWords(view.speech);
  const problem = problemOf(props);
  return (
    <section class="row">
      <h2>{words.whoSection}</h2>
      <div>
        <Field id="agency" label={words.agency} hint={words.agencyHint} problem={problem('agency')}>
          {(control) => (
            <input {...control} type="text" list="agencies" value={values.agency} autocomplete="off" />
          )}
        </Field>
        <datalist id="agencies">
          {agencies.map(({ name }) => (
            <option value={name} />
          ))}
        </datalist>
        <AgencySuggestion speech={view.speech} />
      </div>
      <div>
        <Field id="topic" label={words.topic} optional={words.optional} problem={problem('topic')}>
          {(control) => (
            <select {...control}>
              <option value="">{words.topicUnknown}</option>
              {topics.map(({ code, name }) => (
                <option value={code} selected={code === values.topic}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <DeskTopicSuggestion speech={view.speech} />
      </div>
    </section>
  );
}

function SecrecyFields({ view, values }: DeskProps) {
  const words = deskWords(view.speech);
  const checks = [
    ['anonymous', words.anonymous, words.anonymousHint],
    ['confidential', words.confidential, words.confidentialHint],
  ] as const;
  return (
    <section class="row">
      <h2>{words.secrecySection}</h2>
      {checks.map(([id, label, hint]) => (
        <div class="choice">
          <input
            type="checkbox"
            id={id}
            name={id}
            value="1"
            checked={values[id]}
            {...describedBy(id, hint, undefined)}
          />
          <label for={id}>{label}</label>
          <Notes id={id} hint={hint} />
        </div>
      ))}
    </section>
  );
}

/** Says at the top what to mend and links to each field; takes the focus, so that a screen reader starts here. */
function Summary({ view: { speech }, problems = [], fileProblems = [] }: DeskProps) {
  const words = deskWords(speech);
  return (
    <div class="alert" role="alert" aria-labelledby="problems" tabindex={-1} autofocus>
      <h2 id="problems">{speech.say(words.heading, { count: problems.length + fileProblems.length })}</h2>
      <p>{words.notSaved}</p>
      <ul>
        {problems.map((problem) => (
          <li>
            <a href={`#${problem.field}`}>{letterProblem(speech, problem)}</a>
          </li>
        ))}
        {fileProblems.map((problem) => (
          <li>
            <a href="#files">{problem}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Notice({ view: { speech }, notice }: DeskProps) {
  const words = deskWords(speech);
  if (notice === undefined) return null;
  if (notice.kind === 'unavailable') {
    return (
      <div class="alert" role="alert" tabindex={-1} autofocus>
        <p>{words.unavailable}</p>
      </div>
    );
  }
  const { letter } = notice;
  const values = { number: letter.agendaNumber, year: String(letter.year) };
  const href = `/petugas/surat/${letter.reportId}`;
  if (notice.kind === 'taken') {
    return (
      <div class="alert" role="alert" aria-labelledby="taken" tabindex={-1} autofocus>
        <h2 id="taken">{words.takenTitle}</h2>
        <p>{speech.say(words.taken, values)}</p>
        <a href={href} target="_blank" rel="noopener">
          {words.takenLink}
        </a>
      </div>
    );
  }
  return (
    <div class="notice" role="status">
      <p>
        {speech.say(words[notice.kind], values)} {words.trackingId}{' '}
        <strong class="whole">
          {letter.trackingId === null ? words.waiting : formatTrackingId(letter.trackingId)}
        </strong>
      </p>
      <p class="links">
        <a href={href}>{words.show}</a>
        <a href={`${href}/tanda-terima`} target="_blank" rel="noopener">
          {words.print}
        </a>
      </p>
    </div>
  );
}

function Today({ view: { speech }, entered, offices, values }: DeskProps) {
  const words = deskWords(speech);
  const office = offices.find(({ code }) => code === values.office);
  const { letters, count } = entered;
  return (
    <section class="today">
      <h2>{speech.say(words.todayTitle, { office: office?.name ?? '' })}</h2>
      <p class="hint">
        {count > letters.length
          ? speech.say(words.todayShown, { shown: letters.length, count })
          : speech.say(words.todayCount, { count })}
      </p>
      <ul>
        {letters.map(({ reportId, agendaNumber, origin, trackingId, enteredAt }) => (
          <li>
            <a href={`/petugas/surat/${reportId}`}>{agendaNumber}</a>
            <span>{words.origins[origin]}</span>
            <span class="whole">{trackingId === null ? words.waiting : formatTrackingId(trackingId)}</span>
            <time datetime={enteredAt.toISOString()}>{speech.moment(enteredAt)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}

function problemOf({ view, problems = [] }: DeskProps): (field: LetterField) => string | undefined {
  return (field) => {
    const problem = problems.find((candidate) => candidate.field === field);
    return problem === undefined ? undefined : letterProblem(view.speech, problem);
  };
}
