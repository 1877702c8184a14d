import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

/** How many columns a text takes on a terminal; colours take none, CJK characters and emoji two. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** Fills up with spaces to a width. A text that is wider stays as it is. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Cuts to a width, with `…` where something is missing. */
export function truncateTo(text: string, width: number, ellipsis = '…'): string {
  if (width <= 0) return '';
  return cliTruncate(text, width, { truncationCharacter: ellipsis });
}
