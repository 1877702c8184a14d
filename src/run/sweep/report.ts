import type { Leftover } from '../../deploy/backend.js';

export interface SweepReport {
  readonly left: readonly Leftover[];
  /** Only of a sweep by force. */
  readonly removed: readonly Leftover[];
  /** Why nobody can say whether this is all. */
  readonly trouble: readonly string[];
}

/** Whether only others can free it: trying again removes nothing. */
export function isHeldByOthers({ description }: Leftover): boolean {
  return / \(in use by [^)]+\)$/.test(description);
}

/** @param text What the script prints; see there. */
export function parseSweep(text: string, node: string): SweepReport {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const things = (word: string) =>
    lines
      .filter(([first]) => first === word)
      .map(([, kind = '', ...rest]) => ({ node, kind, description: rest.join(' ') }));
  return {
    left: things('left'),
    removed: things('removed'),
    trouble: lines.filter(([first]) => first === 'trouble').map(([, ...rest]) => rest.join(' ')),
  };
}
