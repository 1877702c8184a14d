import type { Leftover } from '../../deploy/backend.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import { type Attempt, backendOf, deploymentOn, onMachine, runtimesOn } from '../attempt.js';
import type { Place } from '../place.js';

/** Proves that nothing of this attempt is left on any machine; what is left is removed by force, then reported. */
export async function verify(attempt: Attempt): Promise<readonly Failure[]> {
  const failures = await Promise.all(
    [...attempt.places.entries()]
      .filter(([machine]) => !attempt.uncollected.has(machine))
      .map(([machine, place]) => verifyMachine(attempt, machine, place)),
  );
  return failures.filter((failure) => failure !== null);
}

async function verifyMachine(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<Failure | null> {
  let found = await look(attempt, machine, place);
  if (found.ok && found.value.length > 0) {
    const deployment = deploymentOn(attempt, place);
    for (const runtime of runtimesOn(attempt, machine)) {
      const purged = await backendOf(attempt, runtime).purge(deployment);
      if (!purged.ok) return leftBehind(machine, found.value, purged.failure);
    }
    found = await look(attempt, machine, place);
  }
  if (!found.ok) return leftBehind(machine, [], found.failure);
  if (found.value.length > 0) return leftBehind(machine, found.value, null);
  attempt.strikes.get(machine)?.();
  return null;
}

async function look(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<Outcome<readonly Leftover[]>> {
  const found: Leftover[] = [];
  for (const runtime of runtimesOn(attempt, machine)) {
    const leftovers = await backendOf(attempt, runtime).leftovers(deploymentOn(attempt, place));
    if (!leftovers.ok) return leftovers;
    found.push(...leftovers.value);
  }
  const folders = await onMachine(attempt, place.node, async (connection) => {
    const exists = await connection.exec({
      argv: [
        'sh',
        '-c',
        'for f do [ ! -e "$f" ] || echo "$f"; done',
        'sh',
        place.workingFolder,
        place.stateFolder,
      ],
    });
    return { ok: true, value: exists.stdout.toString('utf8').split('\n').filter(Boolean) };
  });
  if (!folders.ok) return folders;
  found.push(
    ...folders.value.map((description) => ({ node: machine, kind: 'folder', description })),
  );
  return { ok: true, value: found };
}

function leftBehind(node: string, leftovers: readonly Leftover[], cause: Failure | null): Failure {
  const message =
    leftovers.length > 0
      ? `still there after the scenario: ${leftovers.map(({ kind, description }) => `${kind} ${description}`).join(', ')}`
      : 'cannot be proven clean';
  return createFailure('left_behind', message, {
    node,
    hint: 'playbook cleanup tries again',
    cause,
  });
}
