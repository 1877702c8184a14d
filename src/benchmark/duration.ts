const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** What a timer can wait for: almost 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * A length of time in ms, written as seconds (`90`, `"0.5"`) or with a unit (`90s`, `5m`, `1h`, `500ms`).
 *
 * @returns `null` where it is none, or longer than a timer can wait.
 */
export function parseDuration(value: unknown): number | null {
  const ms = typeof value === 'number' ? value * 1000 : parseText(value);
  return ms !== null && ms >= 0 && ms <= LONGEST_MS ? ms : null;
}

function parseText(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(value.trim());
  return match ? Number(match[1]) * (UNITS_MS[match[2] ?? 's'] ?? Number.NaN) : null;
}
