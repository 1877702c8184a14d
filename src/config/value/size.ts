const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const SIZE = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/;

/** What `parseSize` takes, in words for a message. */
export const SIZE_WORDS = 'a number of bytes, or a size such as 512MB, 24GB or 24GiB';

/** What `parseSize` takes, for schemas. */
export const SIZE_PATTERN = '^\\d+(?:\\.\\d+)? ?(?:(?:[KkMmGgTt][Ii]?)?[Bb])?$';

/**
 * Reads a size: a number of bytes, or a number with a unit, decimal (`24GB` is 24 · 10⁹) or binary (`24GiB` is 24 · 2³⁰).
 * Letters may be of either case.
 *
 * @returns Bytes; `undefined` for anything else.
 */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
  }
  const match = SIZE.exec(value.trim());
  if (!match) return undefined;
  const factor = UNITS[(match[2] ?? '').toLowerCase()];
  return factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}
