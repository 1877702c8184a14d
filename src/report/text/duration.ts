/**
 * A length of time as a person says it: `40 ms`, `1.2 s`, `3 min 05 s`, `2 h 14 min`, `3 d 02 h`.
 *
 * @param ms Milliseconds. Less than none, which a clock that was set back may yield, counts as none.
 */
export function formatDuration(ms: number): string {
  const positive = Math.max(0, ms);
  // Whole units were set by somebody, not measured.
  if (positive > 0 && positive % 3_600_000 === 0) return `${positive / 3_600_000} h`;
  if (positive > 0 && positive % 60_000 === 0) return `${positive / 60_000} min`;
  if (positive % 1000 === 0) return formatSteps(positive / 1000);
  if (positive < 99.5) return `${Math.max(1, Math.round(positive))} ms`;

  const tenths = Math.round(positive / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;

  return formatSteps(Math.round(positive / 1000));
}

/** As `formatDuration`, from seconds. */
export function formatSeconds(seconds: number): string {
  return formatDuration(seconds * 1000);
}

/** As `formatDuration`, in whole seconds: for a display that runs along, where tenths would only flicker. */
export function formatElapsed(ms: number): string {
  return formatSteps(Math.floor(Math.max(0, ms) / 1000));
}

function formatSteps(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
