const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/y;
const PLAIN_NUMBER = /^\d+(?:\.\d+)?$/;

/** What `parseDuration` takes, in words for a message. */
export const DURATION_WORDS = 'a number of seconds, or a duration such as 500ms, 90s, 5m or 1h30m';

/** What `parseDuration` takes, for schemas. */
export const DURATION_PATTERN = '^(?:\\d+(?:\\.\\d+)?|(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h))+)$';

/**
 * Reads a duration: a number of seconds (`90`, `"0.5"`), or numbers with units from `ms s m h` (`90s`, `1h30m`).
 *
 * @returns Milliseconds; `undefined` for anything else, negative numbers included.
 */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) && value >= 0 ? Math.round(value * 1000) : undefined;
  }
  const text = value.trim();
  if (PLAIN_NUMBER.test(text)) return parseDuration(Number(text));
  let total = 0;
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (!match) return undefined;
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? NaN);
    at = PART.lastIndex;
  }
  return text.length > 0 && Number.isFinite(total) ? Math.round(total) : undefined;
}
