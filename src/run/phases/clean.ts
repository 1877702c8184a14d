import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { Connection } from '../../remote/connection.js';
import { type Attempt, onMachine } from '../attempt.js';
import type { Place } from '../place.js';

/** Removes the working folders, on every machine that got one. */
export async function removeFolders(attempt: Attempt): Promise<readonly Failure[]> {
  const failures = await Promise.all(
    [...attempt.places.entries()].map(([machine, place]) => removeFolder(attempt, machine, place)),
  );
  return failures.filter((failure) => failure !== null);
}

async function removeFolder(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<Failure | null> {
  if (attempt.uncollected.has(machine)) {
    attempt.context.emit({
      type: 'warning',
      scenario: attempt.plan.scenario.name,
      node: machine,
      message: `${place.workingFolder} is kept: not everything in it could be collected`,
    });
    return null;
  }
  const folders = [place.workingFolder, place.stateFolder, place.resultFolder];
  const emptied = machine === attempt.plan.scenario.testExecution.node ? ownResults(attempt) : [];
  // The run's own folder goes with the last scenario that lies in it, and only then.
  const script = 'rm -rf -- "$@" && { rmdir -- "$0" 2>/dev/null || :; }';
  // What a declared absolute directory holds was collected, and was not there before: the next run wants it empty.
  const empty = 'for d do [ ! -d "$d" ] || find "$d" -mindepth 1 -delete || exit; done';
  const outcome = await onMachine(attempt, place.node, async (connection) => {
    const emptying = emptied.length === 0 ? null : await run(connection, empty, 'sh', emptied);
    const removing = await run(connection, script, place.runFolder, folders);
    if (removing) return leftBehind(machine, `${place.runFolder} could not be removed`, removing);
    return emptying
      ? leftBehind(machine, `${emptied.join(', ')} could not be emptied`, emptying)
      : { ok: true, value: undefined };
  });
  if (outcome.ok) return null;
  return outcome.failure.kind === 'left_behind'
    ? outcome.failure
    : createFailure('left_behind', `${place.runFolder} could not be removed`, {
        node: machine,
        cause: outcome.failure,
      });
}

/** @returns The last lines of what it said, where it failed. */
async function run(
  connection: Connection,
  script: string,
  name: string,
  operands: readonly string[],
): Promise<readonly string[] | null> {
  const result = await connection.exec({ argv: ['sh', '-c', script, name, ...operands] });
  return result.termination === 'exited' && result.exitCode === 0
    ? null
    : result.stderr.toString('utf8').trim().split('\n').slice(-5);
}

function leftBehind(node: string, message: string, output: readonly string[]): Outcome<void> {
  return { ok: false, failure: createFailure('left_behind', message, { node, output }) };
}

function ownResults({ hasScriptRun, plan }: Attempt): readonly string[] {
  if (!hasScriptRun) return [];
  return plan.scenario.testExecution.resultPaths
    .filter(({ kind, isAbsolute }) => kind === 'directory' && isAbsolute)
    .map(({ path }) => path);
}
