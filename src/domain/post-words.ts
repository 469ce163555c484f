import { readFlags } from './commands.ts';
import type { PlainWords } from './message.ts';
import { tellMoment } from './moment.ts';
import type { PostMedia, ReadPost } from './post.ts';
import { cutText } from './report.ts';

/** What a report says that was a post, or several. */

/** As much of somebody else's post as it takes to understand who quotes it. */
const quotedLength = 1_000;

/** Posts in their order, without the words that only ask for secrecy: what one of them asks for holds for all. */
export function readPostWords(posts: readonly ReadPost[]): PlainWords {
  const flags = posts.flatMap(({ text, hashtags }) => [text, ...hashtags].map(readFlags));
  const isSilent = posts.every(({ text }) => text === '');
  const lines = [
    ...(isSilent ? [describeSilence(posts)] : []),
    ...posts.flatMap((post) => [readFlags(post.text).text, ...post.media.map(describe), quote(post)]),
  ];
  return {
    text: cutText(lines.filter((line) => line !== '').join('\n\n')),
    anonymous: flags.some(({ anonymous }) => anonymous),
    confidential: flags.some(({ confidential }) => confidential),
  };
}

const names = { photo: 'Foto', video: 'Video', gif: 'GIF' } as const;

/** What its author says is to be seen. */
const describe = ({ kind, altText }: PostMedia): string =>
  altText === null || altText === '' ? '' : `[${names[kind]}: ${altText}]`;

function quote({ quoted }: ReadPost): string {
  const words = quoted?.text ?? '';
  if (words === '') return '';
  const cut =
    words.length <= quotedLength ? words : `${words.slice(0, quotedLength).toWellFormed().trim()} …`;
  return `Mengutip unggahan: "${cut}"`;
}

/** With its moment, so that two of them are not taken for two reports of one event. */
function describeSilence(posts: readonly ReadPost[]): string {
  const media = posts.flatMap((post) => post.media);
  const kinds = [...new Set(media.map(({ kind }) => names[kind].toLowerCase()))].join(' dan ');
  const [{ createdAt } = { createdAt: new Date(0) }] = posts;
  return `(unggahan tanpa teks${media.length === 0 ? '' : `, hanya ${kinds}`}, diunggah ${tellMoment(createdAt)})`;
}

export const describeUnreadablePost = (receivedAt: Date): string =>
  `(unggahan ini tidak terbaca, diterima ${tellMoment(receivedAt)}; bentuk aslinya tersimpan untuk petugas)`;
