import { NodeError } from '../errors.js';

/** What the C library calls an error, and Node's name for it. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded|Quota exceeded/, 'EDQUOT'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/No such file or directory/, 'ENOENT'],
];

/** Follows from an error that was told before, and says nothing. */
const ECHO = /error is not recoverable|exit delayed|Exiting with failure|Broken pipe|^\s*$/;

/** Makes an error of what programs on the node wrote to their standard error. */
export function readComplaint(stderr: string): NodeError {
  const lines = stderr.split('\n').filter((line) => !ECHO.test(line));
  for (const [pattern, code] of CODES) {
    const line = lines.find((text) => pattern.test(text));
    if (line !== undefined) return new NodeError(line, code, pathIn(line));
  }
  return new NodeError(lines[0] ?? 'a program on the node failed without a word');
}

/** `mkdir: cannot create directory '/a/b': …`, `tar: ./a: Cannot open: …`, `sh: 1: cannot create /a: …`. */
function pathIn(line: string): string | undefined {
  const [, quoted] = /'([^']+)'[^']*$/.exec(line) ?? [];
  if (quoted !== undefined) return quoted;
  const [, plain] = /^\S+: (?:\d+: )?(?:cannot \w+ )?(.*?\/.*?): /.exec(line) ?? [];
  return plain;
}
