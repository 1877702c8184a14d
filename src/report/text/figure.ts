/**
 * A measured number with as many digits as a reader can use, three to four: `0.0123`, `1.23`, `45.6`, `1,520`.
 */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95 || value === 0) return groupThousands(Math.round(value));
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.0995) return value.toFixed(2);
  return value.toPrecision(3);
}

/** `1234567` as `1,234,567`. */
export function groupThousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
