import path from 'node:path';

import { CONTROLLER } from '../../../model/node.js';
import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { ResultPath } from '../../../model/scenario.js';
import type { Connection } from '../../../remote/connection.js';
import { gatherProvenance } from '../../../results/provenance.js';
import { machinesOf } from '../../../plan/machines.js';
import { type Attempt, onMachine } from '../attempt.js';
import { enter } from '../entries.js';
import { recordInputs } from '../inputs.js';
import { cancelled } from '../../interruption.js';
import { makeOwnFolder } from '../../own-folder.js';
import { type Place, basesOn, placeOn } from '../../place.js';
import { isConnectionFault, TRANSFER } from '../../retry-policy.js';
import { withRetries } from '../../retry.js';
import { resolveResultPath } from '../result-paths.js';
import { tellTransfer } from '../tell-transfer.js';

/** Makes a working folder on every machine the scenario touches, and puts the scenario's files there. */
export async function prepare(attempt: Attempt): Promise<readonly Failure[]> {
  const outcomes = await Promise.all([
    noteProvenance(attempt),
    ...machinesOf(attempt.plan.scenario).map((machine) => prepareMachine(attempt, machine)),
  ]);
  return outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
}

/** Before anything runs: afterwards it would be too late to say on which files the result stands. */
async function noteProvenance(attempt: Attempt): Promise<Outcome<void>> {
  const { context, plan } = attempt;
  const gathered = await onMachine(attempt, context.controller, (connection) =>
    gatherProvenance(connection, context.root, plan.scenario.path),
  );
  if (!gathered.ok) return gathered;
  // Its files follow once it is known which of them hold secrets.
  attempt.provenance = { ...gathered.value, files: [] };
  return recordInputs(attempt, gathered.value);
}

async function prepareMachine(attempt: Attempt, machine: string): Promise<Outcome<void>> {
  const { context, plan, signal } = attempt;
  const node =
    machine === CONTROLLER ? context.controller : plan.nodes.find(({ name }) => name === machine);
  if (!node) throw new Error(`the plan lacks node ${machine}`);

  const info = await onMachine(attempt, node, (connection) => connection.info(), signal);
  if (!info.ok) return info;
  const place = placeOn(node, info.value.home, context.root, context.run, plan.scenario.name);
  const entered = await enterFolders(attempt, place, info.value.home);
  if (!entered.ok) return entered;

  const copied = await copyScenario(attempt, place);
  if (signal.aborted) return { ok: false, failure: cancelled(signal.reason) };
  if (!copied.ok) return copied;
  return onMachine(attempt, node, async (connection) => {
    const closed = await closeEnvFile(attempt, connection, place);
    if (!closed.ok) return closed;
    const isScriptHere = plan.scenario.testExecution.node === machine;
    if (isScriptHere) {
      const ready = await prepareScript(attempt, connection, place);
      if (!ready.ok) return ready;
    }
    return makeFolders(connection, place, [place.stateFolder]);
  });
}

/** Before the first of them is made: a machine that is not among the places has nothing of this attempt. */
async function enterFolders(attempt: Attempt, place: Place, home: string): Promise<Outcome<void>> {
  const { context } = attempt;
  const { work, results } = basesOn(place.node, home, context.root);
  const node = place.node.name;
  const [noted, entered] = await Promise.all([
    context.journal.noteBases(node, results === null ? [work] : [work, results]),
    enter(attempt, { node, kind: 'folder', description: `working folder ${place.runFolder}` }),
  ]);
  if (!noted.ok) return noted;
  if (!entered.ok) return entered;
  attempt.places.set(node, place);
  return { ok: true, value: undefined };
}

/** Only whoever runs compose and the script reads it; a container gets its values in another way. */
async function closeEnvFile(
  attempt: Attempt,
  connection: Connection,
  place: Place,
): Promise<Outcome<void>> {
  const { envFile } = attempt.plan.scenario;
  if (envFile === null) return { ok: true, value: undefined };
  const file = path.posix.join(place.workingFolder, envFile);
  const made = await connection.exec({ argv: ['chmod', '600', '--', file] });
  return made.termination === 'exited' && made.exitCode === 0
    ? { ok: true, value: undefined }
    : { ok: false, failure: commandFailed(place, 'chmod', made.stderr) };
}

/** What is there already is replaced, so that a connection that broke off costs no more than time. */
function copyScenario(attempt: Attempt, place: Place): Promise<Outcome<unknown>> {
  const { context, plan, signal } = attempt;
  return withRetries(
    () =>
      onMachine(
        attempt,
        place.node,
        async (connection) => {
          await makeOwnFolder(connection, place.runFolder);
          const onProgress = tellTransfer(context.clock, context.emit, {
            scenario: plan.scenario.name,
            node: place.node.name,
            direction: 'to_node',
          });
          const { path: folder } = plan.scenario;
          return connection.upload(folder, place.workingFolder, { signal, onProgress });
        },
        signal,
      ),
    {
      clock: context.clock,
      backoff: TRANSFER,
      isWorthIt: isConnectionFault,
      signal,
      onRetry: ({ message }) =>
        context.emit({
          type: 'warning',
          scenario: plan.scenario.name,
          node: place.node.name,
          message: `${message}; the files are sent again`,
        }),
    },
  );
}

async function prepareScript(
  attempt: Attempt,
  connection: Connection,
  place: Place,
): Promise<Outcome<void>> {
  const folders = await emptyResultFolders(attempt, connection, place);
  if (!folders.ok) return folders;
  // In our copy only: archives and some file systems lose the mode.
  const script = path.posix.join(place.workingFolder, attempt.plan.scenario.testExecution.script);
  const made = await connection.exec({ argv: ['chmod', 'u+x', '--', script] });
  return made.termination === 'exited' && made.exitCode === 0
    ? { ok: true, value: undefined }
    : { ok: false, failure: commandFailed(place, 'chmod', made.stderr) };
}

/** Every directory the script may write to exists and is empty; what would be collected by mistake is refused. */
async function emptyResultFolders(
  attempt: Attempt,
  connection: Connection,
  place: Place,
): Promise<Outcome<void>> {
  const { resultPaths } = attempt.plan.scenario.testExecution;
  const absolute = resultPaths.filter(({ isAbsolute }) => isAbsolute);
  for (const resultPath of absolute) {
    const inUse = await refuseInUse(connection, place, resultPath);
    if (!inUse.ok) return inUse;
  }
  // From now on whatever comes into them is this run's.
  const own = absolute.flatMap((each) => (each.kind === 'directory' ? [each.path] : []));
  if (own.length > 0) {
    const entered = await enter(attempt, {
      node: place.node.name,
      kind: 'results',
      description: `results in ${own.join(', ')}`,
      paths: own,
    });
    if (!entered.ok) return entered;
    await attempt.context.leases.tell(place.node.name, { emptied: own });
  }
  const relative = resultPaths
    .filter(({ kind, isAbsolute }) => kind === 'directory' && !isAbsolute)
    .map((resultPath) => resolveResultPath(place, resultPath));
  if (relative.length > 0) {
    // They lie in our own copy of the scenario: what the sources hold there is no result of this run.
    const removed = await connection.exec({ argv: ['rm', '-rf', '--', ...relative] });
    if (removed.termination !== 'exited' || removed.exitCode !== 0) {
      return { ok: false, failure: commandFailed(place, 'rm -rf', removed.stderr) };
    }
  }
  return makeFolders(connection, place, resultDirectories(attempt, place));
}

/** The directories of `SCENARIO_RESULT_PATH`. */
export function resultDirectories(attempt: Attempt, place: Place): readonly string[] {
  const declared = attempt.plan.scenario.testExecution.resultPaths
    .filter(({ kind }) => kind === 'directory')
    .map((resultPath) => resolveResultPath(place, resultPath));
  return declared.length > 0 ? declared : [place.resultFolder];
}

async function refuseInUse(
  connection: Connection,
  place: Place,
  { path: declared, kind, source }: ResultPath,
): Promise<Outcome<void>> {
  // For a directory: its content; for a file or glob: whatever it names, expanded by the node's shell.
  const list =
    kind === 'directory'
      ? 'ls -A -- "$1" 2>/dev/null | head -n 1'
      : 'IFS=; set -- $1; for f do if [ -e "$f" ] || [ -L "$f" ]; then printf %s "$f"; break; fi; done';
  const found = await connection.exec({ argv: ['sh', '-c', list, 'sh', declared] });
  if (found.stdout.length === 0) return { ok: true, value: undefined };
  return {
    ok: false,
    failure: createFailure('result_path_in_use', `${declared} is not empty before the run`, {
      node: place.node.name,
      source,
      hint: 'move what is there away: it would be taken for a result of this run',
    }),
  };
}

async function makeFolders(
  connection: Connection,
  place: Place,
  folders: readonly string[],
): Promise<Outcome<void>> {
  const made = await connection.exec({ argv: ['mkdir', '-p', '--', ...folders] });
  return made.termination === 'exited' && made.exitCode === 0
    ? { ok: true, value: undefined }
    : { ok: false, failure: commandFailed(place, 'mkdir', made.stderr) };
}

function commandFailed(place: Place, what: string, stderr: Buffer): Failure {
  const said = stderr.toString('utf8').trim();
  const isFull = /No space left on device|Disk quota exceeded/.test(said);
  return createFailure(
    isFull ? 'disk_full' : 'transfer',
    `${what} failed: ${said || 'no output'}`,
    {
      node: place.node.name,
      hint: isFull ? `free space below ${place.runFolder}` : null,
    },
  );
}
