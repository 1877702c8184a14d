import { stripVTControlCharacters } from 'node:util';

/** More of a line is never shown: a program that writes a gigabyte without a newline must not cost one here. */
const LONGEST_LINE = 2000;

/** C0 and C1 controls, and the marks that turn the direction of writing around. */
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * One line of somebody else's text, safe to print: escape sequences and control characters are gone, so that it can
 * neither move the cursor nor recolour what follows. Of a line that was overwritten by carriage returns, as progress
 * bars do, the last state is left.
 */
export function toPrintableLine(text: string): string {
  const overwritten = text.replace(/\r+$/, '').slice(-LONGEST_LINE * 2);
  const last = overwritten.slice(overwritten.lastIndexOf('\r') + 1);
  return stripVTControlCharacters(last)
    .replaceAll('\t', '  ')
    .replace(UNPRINTABLE, '')
    .slice(0, LONGEST_LINE);
}

/** As `toPrintableLine`, for text of several lines. A newline at the end makes no empty line. */
export function toPrintableLines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n').map(toPrintableLine);
}
