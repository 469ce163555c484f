import { extensions } from '../../../domain/attachment.ts';
import type { Speech } from '../../messages/speech.ts';
import { type FormFiles, KeptFiles } from '../../pages/attachments-field.tsx';
import { describedBy, Notes } from '../../pages/field.tsx';
import { deskWords } from './words.ts';

type ScanProps = {
  readonly speech: Speech;
  readonly files: FormFiles;
  readonly problem: string | undefined;
  /** What a machine can read here. */
  readonly reads: { readonly pictures: boolean; readonly pdf: boolean };
};

const accepted = [...Object.keys(extensions), 'image/tiff', '.tif', '.tiff'].join(',');

/** The scan, and what a machine makes of it beside its picture. Without scripts a button uploads before the rest is sent. */
export function ScanSection({ speech, files, problem, reads }: ScanProps) {
  const words = deskWords(speech);
  const hint = speech.say(words.scanHint, { count: files.maxFiles, size: files.maxMb });
  return (
    <section
      class="scan"
      id="scan"
      data-reads={reads.pictures ? (reads.pdf ? 'all' : 'pictures') : 'nothing'}
    >
      <h2>
        {words.scanSection} <span class="optional">{words.optional}</span>
      </h2>
      <div id="kept">
        <KeptFiles speech={speech} files={files} />
      </div>
      <div class="field">
        <label for="files">{words.scanLabel}</label>
        <Notes id="files" hint={hint} problem={problem} />
        <input
          type="file"
          id="files"
          name="files"
          multiple
          accept={accepted}
          {...describedBy('files', hint, problem)}
        />
      </div>
      <div class="field camera">
        <label for="camera">{words.camera}</label>
        <input type="file" id="camera" name="files" accept="image/*" capture="environment" />
      </div>
      <button type="submit" name="unggah" value="1" class="quiet" id="upload">
        {words.upload}
      </button>
      <p role="status" id="scan-status" />
      <ul class="files" id="scan-list" />
      <OcrNote speech={speech} reads={reads} />
      <div id="ocr" class="ocr" hidden>
        <h3>{words.ocrTitle}</h3>
        <p class="hint">{words.ocrHint}</p>
        <p role="status" id="ocr-status" />
        <button type="button" class="quiet" id="ocr-stop" hidden>
          {words.ocrStop}
        </button>
        <pre id="ocr-text" lang="id" />
        <button type="button" class="quiet" id="ocr-use" hidden>
          {words.ocrUse}
        </button>
      </div>
      <div id="pictures" class="pictures" />
    </section>
  );
}

function OcrNote({ speech, reads }: Pick<ScanProps, 'speech' | 'reads'>) {
  const words = deskWords(speech);
  if (reads.pictures && reads.pdf) return null;
  return <p class="hint">{reads.pictures ? words.ocrNoPdf : words.ocrMissing}</p>;
}
