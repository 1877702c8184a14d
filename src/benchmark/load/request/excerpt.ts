/** The beginning of a text that came from elsewhere, on one line and without anything a terminal would obey. */
export function excerpt(text: string, length: number): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
