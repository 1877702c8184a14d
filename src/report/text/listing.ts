/** How many things are told one by one, where there may be hundreds. */
const TOLD = 5;

/** The first few, and how many more there are: `and 12 more`. Processes, of which there are most, come last. */
export function few(items: readonly string[]): readonly string[] {
  if (items.length <= TOLD + 1) return items;
  const sorted = [...items.filter((item) => !isProcess(item)), ...items.filter(isProcess)];
  return [...sorted.slice(0, TOLD), `and ${items.length - TOLD} more`];
}

/**
 * What was not told before. Nodes that are one machine each tell of the same processes; a folder is another one on each.
 *
 * @param told What was; grows.
 */
export function withoutTold(items: readonly string[], told: Set<string>): readonly string[] {
  const news = items.filter((item) => !isProcess(item) || !told.has(item));
  for (const item of items) told.add(item);
  return news;
}

function isProcess(item: string): boolean {
  return item.startsWith('process ');
}
