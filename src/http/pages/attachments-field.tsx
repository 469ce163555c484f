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

type FilesProps = {
  readonly speech: Speech;
  readonly files: FormFiles;
  readonly problem: string | undefined;
};

/** Works without a script: what was sent once comes back as a list to untick, and a button uploads before the rest is sent. */
export function AttachmentsField({ speech, files, problem }: FilesProps) {
  const words = speech.words.attachments;
  const { places, takenPlace } = files;
  return (
    <section>
      <h2>
        {words.section} <span class="optional">{speech.words.form.optional}</span>
      </h2>
      <KeptFiles speech={speech} files={files} />
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
      <FileInput speech={speech} files={files} problem={problem} />
      <button type="submit" name="unggah" value="1" class="quiet">
        {words.upload}
      </button>
    </section>
  );
}

/** The files that came with the form before it was shown again, each to be unticked. They go before the input: so they count. */
export function KeptFiles({ speech, files: { kept } }: Pick<FilesProps, 'speech' | 'files'>) {
  const words = speech.words.attachments;
  if (kept.length === 0) return null;
  return (
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
  );
}

type FileInputProps = FilesProps & {
  /** Words after the label saying that none may be chosen. */
  readonly optional?: string;
  readonly autofocus?: boolean;
};

export function FileInput(props: FileInputProps) {
  const { speech, files, problem, optional } = props;
  const words = speech.words.attachments;
  const limits = speech.say(words.hint, { count: files.maxFiles, size: files.maxMb });
  const hint = `${limits} ${words.audience}`;
  return (
    <div class="field">
      <label for="files">
        {words.label} {optional !== undefined && <span class="optional">{optional}</span>}
      </label>
      <Notes id="files" hint={hint} problem={problem} />
      <input
        type="file"
        id="files"
        name="files"
        multiple
        accept={[...Object.keys(extensions), 'image/tiff', 'image/heic', 'image/heif'].join(',')}
        autofocus={props.autofocus}
        {...describedBy('files', hint, problem)}
      />
    </div>
  );
}

export function sizeOf(speech: Speech, bytes: number): string {
  const { say, words } = speech;
  return bytes < 100_000
    ? say(words.attachments.kilobytes, { size: Math.max(1, Math.round(bytes / 1000)) })
    : say(words.attachments.megabytes, { size: Math.round(bytes / 100_000) / 10 });
}
