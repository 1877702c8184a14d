import type { LabNode } from '../../lab/support/lab.js';
import type { FailureKind } from '../../../src/model/failure.js';
import type { FailureRecord } from '../../../src/model/result.js';
import { MACHINE_OF, SERVICES } from '../project/suite.js';

/** Whether a failure speaks of a node that is this machine. */
function isOn(machine: LabNode, { node }: FailureRecord): boolean {
  return Object.entries(MACHINE_OF).some(([name, of]) => name === node && of === machine.name);
}

/** Whether a failure, and all that it blames, is one of these kinds on this machine. */
export function isOneOf(
  kinds: readonly FailureKind[],
  machine: LabNode,
  failure: FailureRecord,
): boolean {
  return kinds.includes(failure.kind) && isOn(machine, failure);
}

/** What is told of a node that could not be spoken to. */
export const OUT_OF_REACH: readonly FailureKind[] = [
  'connection_lost',
  'unreachable',
  'transfer',
  'lease_lost',
  'left_behind',
];

/** Seconds, for people. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The services of the suite that are containers. */
export const CONTAINERS = SERVICES.filter(({ kind }) => kind === 'container');
