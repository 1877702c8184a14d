const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes that was measured, as a person reads it: `512 B`, `1.4 KiB`, `23 MiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit: (typeof UNITS)[number] = 'B';
  for (const larger of UNITS.slice(1)) {
    // 1023.6 would be shown as 1024 of the smaller unit.
    if (Math.round(value) < 1024) break;
    value /= 1024;
    unit = larger;
  }
  const digits = unit === 'B' || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${unit}`;
}

const FACTORS: readonly (readonly [string, number])[] = [
  ...['TiB', 'GiB', 'MiB', 'KiB'].map((unit, index) => [unit, 2 ** (40 - 10 * index)] as const),
  ...['TB', 'GB', 'MB', 'kB'].map((unit, index) => [unit, 10 ** (12 - 3 * index)] as const),
];

/**
 * A number of bytes that somebody has written, in the unit that makes the shortest number of it, decimal or binary: `24 GB`,
 * `1.5 GiB`. What is round in no unit reads as if it were measured.
 */
export function formatWrittenSize(bytes: number): string {
  const exact = FACTORS.map(([unit, factor]) => ({ unit, factor, value: bytes / factor }))
    .filter(({ factor, value }) => value >= 1 && Math.round(value * 10) * (factor / 10) === bytes)
    .map(({ unit, value }) => `${value} ${unit}`)
    .sort((a, b) => a.length - b.length);
  return exact[0] ?? formatSize(bytes);
}
