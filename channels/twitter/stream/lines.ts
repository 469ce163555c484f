const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** No post is so long: with its author, media and places one has some tens of kilobytes. */
export const longestLine = 4 * 1024 * 1024;

export type LineReader = {
  /** The lines that end in these bytes, without empty ones: those are heartbeats. */
  readonly push: (bytes: Buffer) => readonly string[];
  /** What came after the last line; empty where nothing did. */
  readonly rest: () => string;
  /** Lines that were longer than may be, and were left out. */
  readonly dropped: () => number;
};

/**
 * Lines out of a stream of bytes, wherever that is cut: they end with LF, before which a CR may stand, and only whole lines
 * are decoded. Holds no more than one line.
 */
export function createLineReader(longest: number = longestLine): LineReader {
  let pieces: Buffer[] = [];
  let held = 0;
  let isTooLong = false;
  let dropped = 0;

  function hold(piece: Buffer): void {
    if (isTooLong || piece.length === 0) return;
    held += piece.length;
    if (held > longest) {
      isTooLong = true;
      pieces = [];
      return;
    }
    pieces.push(piece);
  }

  function release(): string {
    const line = isTooLong ? '' : decode(pieces);
    if (isTooLong) dropped += 1;
    pieces = [];
    held = 0;
    isTooLong = false;
    return line;
  }

  return {
    push: (bytes) => {
      const lines: string[] = [];
      let from = 0;
      for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
        hold(bytes.subarray(from, end));
        const line = release();
        if (line !== '') lines.push(line);
        from = end + 1;
      }
      // A copy, for a line that is long in coming: what it came with can go.
      hold(Buffer.from(bytes.subarray(from)));
      return lines;
    },
    rest: () => (isTooLong ? '' : decode(pieces)),
    dropped: () => dropped,
  };
}

function decode(pieces: readonly Buffer[]): string {
  const line = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  return line.toString('utf8', 0, line.at(-1) === carriageReturn ? line.length - 1 : line.length);
}
