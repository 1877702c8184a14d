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
 * has named; one of which the journal tells nothing, on every machine.
 *
 * @param unfinished Runs that died, whatever the journal says of them.
 */
export function carryOver(
  { runs }: JournalContent,
  unfinished: readonly string[],
  fallback: Fallback,
): readonly HeldRun[] {
  const held = runs
    .map((run) => toHeldRun(run, fallback))
    .filter(({ open, kept }) => open.size > 0 || kept.size > 0);
  const untold = unfinished
    .filter((run) => held.every((each) => each.run !== run))
    .map((run) => runs.find((each) => each.run === run) ?? nothingOf(run))
    .map((run) => toHeldRun({ ...run, isDamaged: true }, fallback));
  return [...held, ...untold];
}

function nothingOf(run: string): ParsedRun {
  return {
    ...{ run, opening: null, isDamaged: true },
    ...{ bases: new Map(), open: new Map(), kept: new Map() },
  };
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
    description: 'what the journal does not tell',
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
