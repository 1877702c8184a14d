const MASK = Buffer.from('***');

/** Masks patterns in a sequence of chunks. */
export interface Masker {
  /** What can be passed on for sure after this chunk. */
  push(chunk: Buffer): readonly Buffer[];
  /** The rest. */
  end(): readonly Buffer[];
}

/** Bytes from `start` up to, not including, `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Every byte that belongs to a match is masked, also where matches overlap: with one mask for all of an overlap, so
 * that neither the end of the one nor the beginning of the other shows.
 */
export function createMasker(patterns: readonly Buffer[]): Masker {
  /** Not passed on yet: may be the beginning of a match. */
  let held: Buffer = Buffer.alloc(0);
  /** So many bytes at the beginning of `held` belong to a match whose mask was passed on already. */
  let covered = 0;

  const pass = (data: Buffer, safeEnd: number): readonly Buffer[] => {
    const pieces: Buffer[] = [];
    let position = 0;
    let nextCovered = 0;
    for (const { start, end } of joinOverlaps(data, patterns, covered)) {
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
      if (patterns.length === 0) return [chunk];
      const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      return pass(data, earliestBeginning(data, patterns));
    },
    end: () => pass(held, held.length),
  };
}

/** The ranges of all matches, in order, overlapping ones as one. The first `covered` bytes count as a match. */
function joinOverlaps(data: Buffer, patterns: readonly Buffer[], covered: number): Range[] {
  const matches: Range[] = covered > 0 ? [{ start: 0, end: covered }] : [];
  for (const pattern of patterns) {
    for (let at = data.indexOf(pattern); at !== -1; at = data.indexOf(pattern, at + 1)) {
      matches.push({ start: at, end: at + pattern.length });
    }
  }
  matches.sort((a, b) => a.start - b.start || b.end - a.end);
  const joined: Range[] = [];
  for (const match of matches) {
    const last = joined.at(-1);
    if (last && match.start < last.end) {
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, match.end) };
    } else {
      joined.push(match);
    }
  }
  return joined;
}

/** Where the earliest match begins that only later bytes can complete; the end of the data where there is none. */
function earliestBeginning(data: Buffer, patterns: readonly Buffer[]): number {
  let earliest = data.length;
  for (const pattern of patterns) {
    const first = pattern[0] ?? 0;
    let at = data.indexOf(first, Math.max(0, data.length - pattern.length + 1));
    while (at !== -1 && at < earliest) {
      if (data.compare(pattern, 0, data.length - at, at) === 0) earliest = at;
      at = data.indexOf(first, at + 1);
    }
  }
  return earliest;
}
