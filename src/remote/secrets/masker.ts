import type { Found, Range } from './search.js';

const MASK = Buffer.from('***');

/** Masks what is found in a sequence of chunks. */
export interface Masker {
  /** What can be passed on for sure after this chunk. */
  push(chunk: Buffer): readonly Buffer[];
  /** The rest. */
  end(): readonly Buffer[];
}

/**
 * Every byte that belongs to a match is masked, also where matches overlap: with one mask for all of an overlap, so
 * that neither the end of the one nor the beginning of the other shows.
 */
export function createMasker(search: (data: Buffer) => Found): Masker {
  /** Not passed on yet: may be the beginning of a match. */
  let held: Buffer = Buffer.alloc(0);
  /** So many bytes at the beginning of `held` belong to a match whose mask was passed on already. */
  let covered = 0;

  const pass = (data: Buffer, matches: readonly Range[], safeEnd: number): readonly Buffer[] => {
    const pieces: Buffer[] = [];
    let position = 0;
    let nextCovered = 0;
    for (const { start, end } of joinOverlaps(matches, covered)) {
      const isMaskedAlready = start === 0 && covered > 0;
      if (start >= safeEnd && !isMaskedAlready) break;
      if (start > position) pieces.push(data.subarray(position, start));
      if (!isMaskedAlready) pieces.push(MASK);
      position = end;
      nextCovered = Math.max(0, end - safeEnd);
    }
    if (position < safeEnd) pieces.push(data.subarray(position, safeEnd));
    // Copied, so that a few bytes do not keep a whole chunk in memory.
    held = Buffer.from(data.subarray(safeEnd));
    covered = nextCovered;
    return pieces;
  };

  return {
    push(chunk) {
      const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const { matches, openFrom } = search(data);
      return pass(data, matches, openFrom);
    },
    end: () => pass(held, search(held).matches, held.length),
  };
}

/** Overlapping ranges as one. The first `covered` bytes count as a match. */
function joinOverlaps(matches: readonly Range[], covered: number): Range[] {
  const joined: Range[] = [];
  for (const match of covered > 0 ? [{ start: 0, end: covered }, ...matches] : matches) {
    const last = joined.at(-1);
    if (last && match.start < last.end) {
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, match.end) };
    } else {
      joined.push(match);
    }
  }
  return joined;
}
