import { type Pattern, SHORTEST } from './patterns.js';

/** Bytes from `start` up to, not including, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Found {
  /** In the order of their starts. */
  readonly matches: readonly Range[];
  /** Where the earliest match begins that later bytes may complete, or make longer; the end of the data where none does. */
  readonly openFrom: number;
}

/**
 * Finds all matches of all patterns in one go (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): a
 * look at two bytes tells how far it is to the next place where any of the patterns can begin, mostly three bytes. How
 * many patterns there are hardly matters.
 */
export function createSearch(patterns: readonly Pattern[]): (data: Buffer) => Found {
  const farthest = SHORTEST - 2;
  /** By two bytes: how many bytes further the first `SHORTEST` of a pattern may end. */
  const shifts = new Uint8Array(1 << 16).fill(farthest + 1);
  const byBeginning = new Map<number, Pattern[]>();
  const byFirstByte = new Map<number, Pattern[]>();
  for (const pattern of patterns) {
    const beginnings = beginningsOf(pattern);
    for (const beginning of beginnings) {
      for (let at = 0; at <= farthest; at += 1) {
        const pair = beginning.readUInt16BE(at);
        shifts[pair] = Math.min(shifts[pair] ?? 0, farthest - at);
      }
      addTo(byBeginning, beginning.readInt32BE(0), pattern);
    }
    const firsts = new Set(beginnings.map((beginning) => beginning[0] ?? 0));
    for (const first of firsts) addTo(byFirstByte, first, pattern);
  }

  return (data) => {
    const matches: Range[] = [];
    let openFrom = data.length;
    const look = (start: number, candidates: readonly Pattern[] = []) => {
      for (const pattern of candidates) {
        const { end, isOpen } = follow(pattern, data, start);
        if (end !== null) matches.push({ start, end });
        if (isOpen) openFrom = Math.min(openFrom, start);
      }
    };
    const { length } = data;
    let last = SHORTEST - 1;
    while (last < length) {
      const shift = shifts[((data[last - 1] ?? 0) << 8) | (data[last] ?? 0)] ?? 0;
      if (shift === 0) {
        const start = last - SHORTEST + 1;
        look(start, byBeginning.get(data.readInt32BE(start)));
        last += 1;
      } else {
        last += shift;
      }
    }
    // Too short for a match, but not for its beginning.
    for (let start = Math.max(0, length - SHORTEST + 1); start < length; start += 1) {
      look(start, byFirstByte.get(data[start] ?? 0));
    }
    return { matches, openFrom };
  };
}

/** The first bytes of all that a pattern matches. */
function beginningsOf(pattern: Pattern): readonly Buffer[] {
  let beginnings = new Set(['']);
  for (const spellings of pattern) {
    if ([...beginnings].every(({ length }) => length === SHORTEST)) break;
    const longer = new Set<string>();
    for (const beginning of beginnings) {
      for (const spelling of spellings) {
        longer.add((beginning + spelling.toString('latin1')).slice(0, SHORTEST));
      }
    }
    beginnings = longer;
  }
  return [...beginnings].map((beginning) => Buffer.from(beginning, 'latin1'));
}

/** Tries a pattern at one place. A piece can have several ends there: `$` is the beginning of `$$`. */
function follow(
  pattern: Pattern,
  data: Buffer,
  start: number,
): { readonly end: number | null; readonly isOpen: boolean } {
  let isOpen = false;
  let ends = [start];
  for (const spellings of pattern) {
    const next: number[] = [];
    for (const from of ends) {
      for (const spelling of spellings) {
        const end = from + spelling.length;
        if (!isSame(data, from, spelling)) continue;
        if (end > data.length) isOpen = true;
        else if (!next.includes(end)) next.push(end);
      }
    }
    if (next.length === 0) return { end: null, isOpen };
    ends = next;
  }
  return { end: Math.max(...ends), isOpen };
}

/** As far as the data goes. */
function isSame(data: Buffer, from: number, spelling: Buffer): boolean {
  const length = Math.min(spelling.length, data.length - from);
  for (let at = 0; at < length; at += 1) if (data[from + at] !== spelling[at]) return false;
  return true;
}

function addTo(map: Map<number, Pattern[]>, key: number, pattern: Pattern): void {
  const known = map.get(key);
  if (known) known.push(pattern);
  else map.set(key, [pattern]);
}
