import { gapMark } from './masking/seams.ts';
import type { MessageId } from './message.ts';

/**
 * Which parts make one message. They share a group (sender, recipient, reference and total), come in any order, more than
 * once or late, and phones use a reference again: so time bounds a message, and a part whose place is taken by other words
 * belongs to another one.
 */
export type StoredPart = {
  readonly id: MessageId;
  readonly number: number;
  readonly text: string;
  readonly acceptedAt: Date;
  /** The message it was found to belong to, named by its first part; null until that is filed. */
  readonly assemblyId: MessageId | null;
};

export type Assembly<P extends StoredPart> = {
  readonly openedAt: Date;
  /** Filed already, whole or in part, under this id. */
  readonly filedAs: MessageId | null;
  /** One for each number, in their order; of a filed one those that were filed. */
  readonly parts: readonly P[];
  /** Came after the others had been filed without them. */
  readonly late: readonly P[];
  /** Say again what another part said. */
  readonly repeats: readonly P[];
};

/** So long a part is taken for one of a message begun before: about as long as networks keep an SMS for a phone that is off. */
export const lateAfterMs = 24 * 3_600_000;

/** Sorts all parts of one group into messages, the earliest first. The same parts give the same messages in any order. */
export function assemble<P extends StoredPart>(parts: readonly P[]): readonly Assembly<P>[] {
  const inOrder = parts.toSorted(
    (a, b) => a.acceptedAt.getTime() - b.acceptedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  const drafts: Draft<P>[] = [];
  for (const part of inOrder) if (part.assemblyId !== null) putFiled(drafts, part, part.assemblyId);
  for (const part of inOrder) if (part.assemblyId === null) put(drafts, part);
  return drafts
    .toSorted((a, b) => a.openedAt.getTime() - b.openedAt.getTime())
    .map(({ places, ...draft }) => ({
      ...draft,
      parts: [...places.values()]
        .filter((part) => !draft.late.includes(part))
        .toSorted((a, b) => a.number - b.number),
    }));
}

type Draft<P> = {
  readonly openedAt: Date;
  readonly filedAs: MessageId | null;
  readonly places: Map<number, P>;
  readonly late: P[];
  readonly repeats: P[];
};

const openDraft = <P extends StoredPart>(first: P): Draft<P> => ({
  openedAt: first.acceptedAt,
  filedAs: first.assemblyId,
  places: new Map(),
  late: [],
  repeats: [],
});

function putFiled<P extends StoredPart>(drafts: Draft<P>[], part: P, assemblyId: MessageId): void {
  const known = drafts.find(({ filedAs }) => filedAs === assemblyId);
  const draft = known ?? openDraft(part);
  if (known === undefined) drafts.push(draft);
  if (!draft.places.has(part.number)) draft.places.set(part.number, part);
}

function put<P extends StoredPart>(drafts: Draft<P>[], part: P): void {
  for (const draft of drafts) {
    if (part.acceptedAt.getTime() - draft.openedAt.getTime() > lateAfterMs) continue;
    const there = draft.places.get(part.number);
    if (there === undefined) {
      draft.places.set(part.number, part);
      if (draft.filedAs !== null) draft.late.push(part);
      return;
    }
    if (there.text === part.text) return void draft.repeats.push(part);
  }
  const draft = openDraft(part);
  draft.places.set(part.number, part);
  drafts.push(draft);
}

/** The words in their order, what is missing marked; half characters at the seams become whole again. */
export function joinParts(parts: readonly Pick<StoredPart, 'number' | 'text'>[], total: number): string {
  let text = '';
  let next = 1;
  for (const part of parts) {
    text = part.number > next ? spaced(spaced(text, gapMark), part.text) : text + part.text;
    next = part.number + 1;
  }
  return next <= total ? spaced(text, gapMark) : text;
}

const spaced = (before: string, after: string): string =>
  before === '' || /\s$/.test(before) || /^\s/.test(after) ? before + after : `${before} ${after}`;

/** What a part says that came when the others had been filed: which it is, and that words go on before and after it. */
export const describeLatePart = (part: Pick<StoredPart, 'number' | 'text'>, total: number): string =>
  `[bagian ${part.number} dari ${total}, menyusul] ${joinParts([part], total)}`;
