import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** What is larger was refused, not read. */
const LARGEST_FILE = 1024 * 1024;
/** A line that may hold a secret is not shown, whatever is wrong in it. */
const DELICATE = /passw|passphrase|secret|token|key|credential/i;

/**
 * Looks lines of the project's files up, for the excerpt under a problem.
 *
 * @param mask Hides known secrets.
 */
export function sourceLines(
  root: string,
  mask: (text: string) => string,
): (file: string, line: number) => string | undefined {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    let lines = files.get(file);
    if (!lines) {
      lines = readLines(path.resolve(root, file));
      files.set(file, lines);
    }
    const text = lines[line - 1];
    return text === undefined || DELICATE.test(text) ? undefined : mask(text);
  };
}

/** No lines where there is no such file: the problem is then another one than what stands in a line. */
function readLines(file: string): readonly string[] {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > LARGEST_FILE) return [];
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
