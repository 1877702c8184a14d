import type { ColorLevel, TextOptions } from '../report/text/style.js';
import type { Globals } from './globals.js';

/** How texts for a stream are to be made: colours only on a terminal, and only where nobody objects. */
export async function textOptions(
  globals: Globals,
  stream: NodeJS.WriteStream,
): Promise<Required<TextOptions>> {
  const { createStyle } = await import('../report/text/style.js');
  return {
    style: createStyle({ colors: colorsOf(globals, stream), isUnicode: isUnicode() }),
    // A pipe has no width: nothing is cut there.
    width: stream.isTTY ? stream.columns || 80 : 10_000,
  };
}

function colorsOf({ hasColor }: Globals, stream: NodeJS.WriteStream): ColorLevel {
  if (!hasColor || !stream.isTTY) return 0;
  const depth = stream.getColorDepth();
  return depth >= 24 ? 3 : depth >= 8 ? 2 : depth >= 4 ? 1 : 0;
}

/** The locale decides, in the order in which POSIX asks the variables; without any, nearly every terminal can. */
function isUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value);
  return locale === undefined || /utf-?8/i.test(locale);
}
