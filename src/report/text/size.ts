const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes as a person reads it: `512 B`, `1.4 KiB`, `23 MiB`. */
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
