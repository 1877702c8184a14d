import type { SourceLocation } from '../../model/source.js';

/** A text file that was read, and what it is called in front of the user. */
export interface SourceFile {
  /** Relative to the project where it lies inside it, with `/`; absolute elsewhere. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

// Most files never need their lines counted: positions are made only for problems and for `source` fields.
const lineStartsOf = new WeakMap<SourceFile, readonly number[]>();

/** The line and column of an offset (in UTF-16 units) of the file's text. */
export function locate(file: SourceFile, offset: number): SourceLocation {
  let starts = lineStartsOf.get(file);
  if (!starts) {
    starts = findLineStarts(file.text);
    lineStartsOf.set(file, starts);
  }
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: file.name, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The first character of a file, for what concerns the file as a whole. */
export function startOf(name: string): SourceLocation {
  return { file: name, line: 1, column: 1 };
}
