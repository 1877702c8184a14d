import type { Moded } from '../moded.js';

/** Names that get a mode, in this order: what is deeper comes first, for a closed folder lets nobody in. */
export interface ModeList {
  readonly mode: number;
  /** Each ended by NUL. */
  readonly names: Buffer;
}

const CURRENT = Buffer.from('./');
const END = Buffer.from([0]);

/** Lists for `chmod`, as few as the order allows. */
export function planModes(entries: readonly Moded[]): ModeList[] {
  const ordered = entries
    .map(({ path, mode }) => ({ path, mode, depth: path.filter((byte) => byte === 0x2f).length }))
    .sort((a, b) => b.depth - a.depth || a.mode - b.mode);
  const lists: { mode: number; parts: Buffer[] }[] = [];
  for (const { path, mode } of ordered) {
    let list = lists.at(-1);
    if (list?.mode !== mode) {
      list = { mode, parts: [] };
      lists.push(list);
    }
    list.parts.push(CURRENT, path, END);
  }
  return lists.map(({ mode, parts }) => ({ mode, names: Buffer.concat(parts) }));
}
