import type { ListedFile } from '../../domain/attachment.ts';
import type { Speech } from '../messages/speech.ts';
import { sizeOf } from './attachments-field.tsx';

type FilesProps = { readonly speech: Speech; readonly files: readonly ListedFile[] };

/** The files of a report under their heading; nothing where there are none. */
export function AttachmentList({ speech, files }: FilesProps) {
  if (files.length === 0) return null;
  return (
    <section>
      <h2>{speech.words.attachments.section}</h2>
      <FileLinks speech={speech} files={files} />
    </section>
  );
}

/** Each file with a link to it, or else why there is none. */
export function FileLinks({ speech, files }: FilesProps) {
  if (files.length === 0) return null;
  return (
    <ul class="files">
      {files.map(({ name, path, bytes, state }) => (
        <li>
          {path === null ? name : <a href={path}>{name}</a>}
          {`, ${sizeOf(speech, bytes)}`}
          {state !== 'ready' && ` (${speech.words.attachments[state]})`}
        </li>
      ))}
    </ul>
  );
}
