import { formatTrackingId } from '../../../domain/tracking-id.ts';
import type { Speech } from '../../messages/speech.ts';
import { deskWords } from './words.ts';

/*
 * What helps at the letter desk. All of it needs a script and is `hidden` until that is there; the ids are those of the public
 * form, whose scripts do it.
 */

const separator = ' · ';

type InSpeech = { readonly speech: Speech };

/** The report that this one joins. */
export function DeskJoinNote({ speech, joins }: InSpeech & { readonly joins: string }) {
  const words = deskWords(speech);
  return (
    <div class="aside" id="join" hidden={joins === ''}>
      <input type="hidden" name="joins" id="joins" value={joins} />
      <p>
        {words.joining} <strong id="join-id">{formatTrackingId(joins)}</strong>
      </p>
      <button type="button" class="quiet" id="join-leave">
        {words.leave}
      </button>
    </div>
  );
}

export function DeskSimilar({ speech }: InSpeech) {
  const words = deskWords(speech);
  return (
    <>
      <p class="hidden" role="status" id="similar-status" />
      <section class="card similar" id="similar" aria-labelledby="similar-title" hidden>
        <h3 id="similar-title">{words.similarTitle}</h3>
        <p class="hint">{words.similarHint}</p>
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
              {words.same}
            </button>
          </li>
        </template>
      </section>
    </>
  );
}

export function DeskTopicSuggestion({ speech }: InSpeech) {
  return (
    <div id="topic-suggestion" hidden>
      <p role="status" />
      <button type="button" class="quiet">
        {deskWords(speech).useTopic}
      </button>
    </div>
  );
}

export function AgencySuggestion({ speech }: InSpeech) {
  return (
    <div id="agency-suggestion" hidden>
      <p role="status" />
      <button type="button" class="quiet">
        {deskWords(speech).useAgency}
      </button>
    </div>
  );
}
