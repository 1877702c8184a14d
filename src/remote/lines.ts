import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut, so that a program that prints none cannot fill the memory. */
const LONGEST_LINE = 16_384;

export interface LineOptions {
  /** In UTF-16 units; a longer line comes in pieces of this length. */
  readonly maxLength?: number;
  /**
   * Told what a line says that the program writes over and over (carriage return without newline), as progress bars do.
   * Only what it says at the newline becomes a line.
   */
  readonly onRewrite?: (text: string) => void;
}

/** Cuts bytes into lines for display, without their ends (`\n` or `\r\n`). */
export interface LineSplitter {
  /** The lines that this chunk completes. */
  push(chunk: Buffer): readonly string[];
  /** What is left of a line that was never ended. */
  end(): readonly string[];
}

/** Bytes that are no UTF-8 come out as U+FFFD. */
export function createLineSplitter(options: LineOptions = {}): LineSplitter {
  const { maxLength = LONGEST_LINE, onRewrite } = options;
  const decoder = new StringDecoder('utf8');
  let partial = '';
  let isRewritten = false;

  const split = (text: string): string[] => {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      lines.push(...pieces(visible(partial + text.slice(start, end)), maxLength));
      partial = '';
      isRewritten = false;
      start = end + 1;
    }
    partial += text.slice(start);

    // A return at the very end may still belong to `\r\n`.
    const overwritten = partial.slice(0, -1).lastIndexOf('\r');
    if (overwritten !== -1) {
      isRewritten = true;
      partial = partial.slice(overwritten + 1);
    }
    if (isRewritten && partial !== '') onRewrite?.(visible(partial));
    while (partial.length > maxLength) {
      const [piece = ''] = pieces(partial, maxLength);
      lines.push(piece);
      partial = partial.slice(piece.length);
    }
    return lines;
  };

  return {
    push: (chunk) => split(decoder.write(chunk)),
    end() {
      const lines = split(decoder.end());
      if (partial !== '') lines.push(...pieces(visible(partial), maxLength));
      partial = '';
      return lines;
    },
  };
}

export interface LineSinkOptions extends LineOptions {
  /** Waited for after the lines of each chunk: who takes them slowly slows the program down. Never rejects. */
  readonly untilTaken?: () => Promise<void>;
}

/** A sink for a stream of a command: hands on whole lines as they come. */
export function createLineSink(
  onLine: (line: string) => void,
  { untilTaken, ...options }: LineSinkOptions = {},
): Writable {
  const splitter = createLineSplitter(options);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      splitter.push(chunk).forEach(onLine);
      if (untilTaken) void untilTaken().then(() => done());
      else done();
    },
    final(done) {
      splitter.end().forEach(onLine);
      done();
    },
  });
}

/** What stands on a terminal's line at its end: the text after the last carriage return that something follows. */
function visible(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
}

/** A text in pieces of at most `length` units that never cut a character in two. */
function pieces(text: string, length: number): string[] {
  if (text.length <= length) return [text];
  const result: string[] = [];
  let start = 0;
  while (start < text.length) {
    let end = start + length;
    if (end < text.length && isHighSurrogate(text, end - 1) && length > 1) end -= 1;
    result.push(text.slice(start, end));
    start = end;
  }
  return result;
}

function isHighSurrogate(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800;
}
