import type { HeldRun, Holding, NamedNode } from './holding.js';
import type { JournalContent, ParsedRun } from './parse.js';
import type { JournalRecord } from './record.js';

/** What stands in for an opening that cannot be read. */
interface Fallback {
  readonly controller: string;
  readonly machine: string;
  readonly machines: readonly NamedNode[];
}

/**
 * What earlier runs still hold. Where an entry may have been lost, the run holds something unknown on every machine that it
 * has named.
 */
export function carryOver(content: JournalContent, fallback: Fallback): readonly HeldRun[] {
  return content.runs
    .map((run) => toHeldRun(run, fallback))
    .filter(({ open, kept }) => open.size > 0 || kept.size > 0);
}

function toHeldRun(parsed: ParsedRun, fallback: Fallback): HeldRun {
  const { run, opening, bases, kept, isDamaged } = parsed;
  const nodes = opening?.nodes ?? fallback.machines;
  const open = new Map(parsed.open);
  if (isDamaged) {
    let id = Math.max(0, ...open.keys(), ...kept.keys());
    const named = new Set([...nodes, ...machinesIn(parsed)].map(({ name }) => name));
    for (const node of named) open.set((id += 1), unknownOn(node));
  }
  const { controller, machine } = opening ?? fallback;
  return { run, controller, machine, at: opening?.at ?? '', nodes, bases, open, kept };
}

function machinesIn({ open }: ParsedRun): readonly { readonly name: string }[] {
  return [...open.values()].map(({ node }) => ({ name: node }));
}

function unknownOn(node: string): Holding {
  return {
    node,
    kind: 'unknown',
    scenario: null,
    description: 'what the damaged journal no longer tells',
  };
}

/** The lines that tell again what a run holds. */
export function recordsOf(held: HeldRun): readonly JournalRecord[] {
  const { run, controller, machine, nodes, bases, open, kept, at } = held;
  return [
    { type: 'opened', run, controller, machine, at, nodes },
    ...[...bases].map(([node, paths]) => ({ type: 'bases' as const, run, node, paths })),
    ...[...open].map(([id, holding]) => ({ type: 'entered' as const, run, id, holding })),
    ...[...kept].map(([id, results]) => ({ type: 'kept' as const, run, id, results })),
  ];
}
