import type { AttachmentType, UploadSecret } from '../../domain/attachment.ts';
import { attachmentName, extensions } from '../../domain/attachment.ts';
import type { Speech } from '../messages/speech.ts';
import { describedBy, Notes } from './field.tsx';

/** The files of a form that is shown: those that came with it before, and what it may take. */
export type FormFiles = {
  readonly kept: readonly KeptFile[];
  /** Where photos were taken, `lat,lon`, for the person to take as the place; `taken` is the one they took. */
  readonly places: readonly string[];
  readonly takenPlace: string | null;
  readonly maxFiles: number;
  readonly maxMb: number;
};

/** Without facts where nobody could be asked about it just now. */
export type KeptFile = {
  readonly secret: UploadSecret;
  readonly facts: { readonly type: AttachmentType; readonly bytes: number } | null;
};

/** Works without a script: what was sent once comes back as a list to untick, and a button uploads before the rest is sent. */
export function AttachmentsField({
  speech,
  files,
  problem,
}: {
  readonly speech: Speech;
  readonly files: FormFiles;
  readonly problem: string | undefined;
}) {
  const words = speech.words.attachments;
  const { kept, places, takenPlace, maxFiles, maxMb } = files;
  const hint = speech.say(words.hint, { count: maxFiles, size: maxMb });
  return (
    <section>
      <h2>
        {words.section} <span class="optional">{speech.words.form.optional}</span>
      </h2>
      {kept.length > 0 && (
        <fieldset>
          <legend>{words.kept}</legend>
          <p class="hint">{words.keptHint}</p>
          {kept.map(({ secret, facts }, index) => (
            <div class="choice">
              <input type="checkbox" id={`upload-${index}`} name="upload" value={secret} checked />
              <label for={`upload-${index}`}>
                {facts === null
                  ? speech.say(words.file, { number: index + 1 })
                  : `${attachmentName({ position: index + 1, type: facts.type })}, ${sizeOf(speech, facts.bytes)}`}
              </label>
            </div>
          ))}
        </fieldset>
      )}
      {places.map((place, index) => (
        <div class="choice">
          <input type="hidden" name="photoPlace" value={place} />
          <input
            type="checkbox"
            id={`photo-place-${index}`}
            name="takePhotoPlace"
            value={place}
            checked={place === takenPlace}
          />
          <label for={`photo-place-${index}`}>
            {speech.say(words.place, { place: place.replace(',', ', ') })}
          </label>
          <Notes id={`photo-place-${index}`} hint={words.placeHint} />
        </div>
      ))}
      <div class="field">
        <label for="files">{words.label}</label>
        <Notes id="files" hint={hint} problem={problem} />
        <input
          type="file"
          id="files"
          name="files"
          multiple
          accept={[...Object.keys(extensions), 'image/heic', 'image/heif'].join(',')}
          {...describedBy('files', hint, problem)}
        />
      </div>
      <button type="submit" name="unggah" value="1" class="quiet">
        {words.upload}
      </button>
    </section>
  );
}

export function sizeOf(speech: Speech, bytes: number): string {
  const { say, words } = speech;
  return bytes < 100_000
    ? say(words.attachments.kilobytes, { size: Math.max(1, Math.round(bytes / 1000)) })
    : say(words.attachments.megabytes, { size: Math.round(bytes / 100_000) / 10 });
}
