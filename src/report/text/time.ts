/** `19:04:11`, local time. */
export function formatTimeOfDay(at: string | number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
}

/** `2026-06-01 19:04:11`, local time; what is no time stays as it is. */
export function formatDateTime(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-');
  return `${date} ${formatTimeOfDay(at)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
