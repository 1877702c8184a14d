import type { Leftover } from '../../../deploy/backend.js';

/** Two who look at one machine see the same things: what was said first counts, as it is said by who knows more. */
export function joinRemains(found: readonly Leftover[]): readonly Leftover[] {
  const things = new Map<string, Leftover>();
  for (const leftover of found) {
    const key = `${leftover.kind} ${nameOf(leftover)}`;
    if (!things.has(key)) things.set(key, leftover);
  }
  return [...things.values()];
}

/** `network NAME (in use by …)`, `process 4711 (sleep 60)`, `process group 4711`; a folder may have spaces in its name. */
function nameOf({ kind, description }: Leftover): string {
  if (kind === 'process') return /\d+/.exec(description)?.[0] ?? description;
  return kind === 'folder' || kind === 'port' ? description : (description.split(' ')[0] ?? '');
}
