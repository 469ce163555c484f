import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageId } from './message.ts';
import { assemble, describeLatePart, joinParts, lateAfterMs, type StoredPart } from './multipart.ts';

const start = Date.parse('2026-11-22T01:20:00Z');

function part(
  number: number,
  text: string,
  more: Partial<StoredPart> & { readonly at?: number } = {},
): StoredPart {
  const { at = 0, ...rest } = more;
  const id = `${String(at).padStart(12, '0')}-${number}-${text}` as MessageId;
  return { id, number, text, acceptedAt: new Date(start + at), assemblyId: null, ...rest };
}

/** Cuts a text into parts of so many UTF-16 units, as a phone does, wherever that falls. */
function cutUp(text: string, size: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  );
}

describe('parts', () => {
  it('make the text that was cut up, in whatever order and however often they come', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 2, maxLength: 600 }),
        fc.integer({ min: 1, max: 153 }),
        fc.infiniteStream(fc.nat()),
        (text, size, random) => {
          const pieces = cutUp(text, Math.max(size, Math.ceil(text.length / 255)));
          const parts = pieces.map((piece, index) => part(index + 1, piece));
          const draw = () => Number(random.next().value);
          const twice = [...parts, ...parts.filter(() => draw() % 3 === 0)].map((each, index) => ({
            ...each,
            id: `${draw() % 1_000}-${index}` as MessageId,
            acceptedAt: new Date(start + (draw() % 60_000)),
          }));
          const shuffled = twice.toSorted(() => (draw() % 2) - 0.5);
          const [whole, ...others] = assemble(shuffled);
          expect(others).toEqual([]);
          expect(whole?.repeats).toHaveLength(twice.length - parts.length);
          expect(joinParts(whole?.parts ?? [], pieces.length)).toBe(text);
          // in any order the same
          expect(assemble(shuffled.toReversed())).toEqual(assemble(shuffled));
        },
      ),
    );
  });

  it('are never lost: each is in one message, whatever came', () => {
    const any = fc.record({
      number: fc.integer({ min: 1, max: 4 }),
      text: fc.constantFrom('a', 'b', 'c'),
      at: fc.integer({ min: 0, max: 3 * lateAfterMs }),
      assembly: fc.constantFrom(null, null, 'x', 'y'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (drawn) => {
        const parts = drawn.map(({ number, text, at, assembly }, index) =>
          part(number, text, { at, id: `p${index}` as MessageId, assemblyId: assembly as MessageId | null }),
        );
        const placed = assemble(parts).flatMap((whole) => [...whole.parts, ...whole.late, ...whole.repeats]);
        const waiting = (list: readonly StoredPart[]) =>
          list
            .filter(({ assemblyId }) => assemblyId === null)
            .map(({ id }) => id)
            .toSorted();
        expect(waiting(placed)).toEqual(waiting(parts));
      }),
    );
  });

  it('with other words in a place that is taken belong to the next message', () => {
    const [first, second, ...more] = assemble([
      part(1, 'Jalan ', { at: 0 }),
      part(2, 'rusak', { at: 1 }),
      part(1, 'Lampu ', { at: 2 }),
      part(2, 'mati', { at: 3 }),
    ]);
    expect(more).toEqual([]);
    expect(joinParts(first?.parts ?? [], 2)).toBe('Jalan rusak');
    expect(joinParts(second?.parts ?? [], 2)).toBe('Lampu mati');
  });

  const filed = 'filed' as MessageId;

  it('that come after the others were filed complete them', () => {
    const late = part(2, 'rusak', { at: 3_600_000 });
    expect(assemble([part(1, 'Jalan ', { assemblyId: filed }), late])).toMatchObject([
      { filedAs: filed, parts: [{ number: 1 }], late: [late], repeats: [] },
    ]);
  });

  it('that say again what was filed are repeats', () => {
    const again = part(1, 'Jalan ', { at: 60_000 });
    expect(assemble([part(1, 'Jalan ', { assemblyId: filed }), again])).toMatchObject([{ repeats: [again] }]);
  });

  it('of a phone that uses the reference again days later are another message', () => {
    const again = part(2, 'rusak', { at: lateAfterMs + 1 });
    const wholes = assemble([part(1, 'Jalan ', { assemblyId: filed }), again]);
    expect(wholes).toMatchObject([
      { filedAs: filed, late: [] },
      { filedAs: null, parts: [again] },
    ]);
  });
});

describe('what is missing', () => {
  it.each([
    [[1, 3], 3, 'satu […] tiga'],
    [[2, 3], 3, '[…] duatiga'],
    [[1], 3, 'satu […]'],
    [[3], 5, '[…] tiga […]'],
  ])('of %j of %i parts is marked', (numbers, total, text) => {
    const words = ['satu', 'dua', 'tiga'];
    expect(
      joinParts(
        numbers.map((number) => part(number, words[number - 1] ?? '')),
        total,
      ),
    ).toBe(text);
  });

  it('and comes late says which part it is', () => {
    expect(describeLatePart(part(2, 'rusak'), 3)).toBe('[bagian 2 dari 3, menyusul] […] rusak […]');
    expect(describeLatePart(part(1, 'Jalan '), 2)).toBe('[bagian 1 dari 2, menyusul] Jalan […]');
  });
});
