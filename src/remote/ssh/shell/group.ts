/** The process group of a program on a node. */
export interface Group {
  /** That of its first process, too. Given to others once the group is gone. */
  readonly id: number;
  /**
   * What tells it from others that are given the id later, in words for `lines.ts`: when the first process was started,
   * in ticks since the boot, and which boot that was. `null` where the node does not tell.
   */
  readonly birth: string | null;
}

/** @param words As a shell tells them before it becomes a program. */
export function parseGroup(words: string): Group {
  const [id, ...birth] = words.split(' ');
  const isWhole = /^\d+ [0-9a-f-]+$/.test(birth.join(' '));
  return { id: Number(id), birth: isWhole ? birth.join(' ') : null };
}
