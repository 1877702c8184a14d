import type { Leftover } from '../../deploy/backend.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { RunIdentity } from '../../model/run-identity.js';
import type { Connection } from '../../remote/connection.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { parseSweep } from './report.js';
import { REMOVE_FOLDERS, SWEEP } from './script.js';

/** What a run may have on a machine. All paths are absolute there. */
export interface SweepTarget {
  readonly node: NodeSpec;
  readonly identity: RunIdentity;
  /** Folders below which the run's own folders lie; see `basesOn`. */
  readonly bases: readonly string[];
  /** Folders that were empty before the run and belong to it: they are emptied, not removed. */
  readonly emptied: readonly string[];
  /** Below one of these, and not to be touched: results that could not be brought home. */
  readonly kept: readonly string[];
  /** There were no containers, so docker need not be asked; default: it has to answer where the node runs containers. */
  readonly isWithoutContainers?: boolean;
}

/** Docker may need its time to end many containers, and a busy disk for many files. */
const PATIENCE_MS = 5 * 60_000;

/** What of a run is on a machine. Changes nothing. */
export function listRemains(
  pool: ConnectionPool,
  target: SweepTarget,
): Promise<Outcome<readonly Leftover[]>> {
  return ask(pool, target, 'list');
}

/** Removes by force what of a run is on a machine. @returns What is left after that. */
export function sweep(
  pool: ConnectionPool,
  target: SweepTarget,
): Promise<Outcome<readonly Leftover[]>> {
  return ask(pool, target, 'force');
}

/** All paths are absolute, on the node. */
export interface RunFolders {
  /** These go, with all that they hold. */
  readonly folders?: readonly string[];
  /** These go where they are empty then. */
  readonly ownFolders?: readonly string[];
  /** These stay, and what they hold goes. */
  readonly emptied?: readonly string[];
}

/**
 * Removes folders of a run whose services are stopped, also what containers have written there as root.
 *
 * @returns The last lines of what was said, where that failed.
 */
export async function removeFoldersOf(
  connection: Connection,
  { node, identity, isWithoutContainers = false }: SweepTarget,
  { folders = [], ownFolders = [], emptied = [] }: RunFolders,
): Promise<readonly string[] | null> {
  const words = [
    ...folders.flatMap((folder) => ['folder', folder]),
    ...ownFolders.flatMap((folder) => ['own', folder]),
    ...sweepWords({ node, bases: [], emptied, kept: [], isWithoutContainers }),
  ];
  const { run, controller } = identity;
  const result = await connection.exec(
    { argv: ['/bin/sh', '-c', REMOVE_FOLDERS, 'playbook', run, controller, ...words] },
    { timeoutMs: PATIENCE_MS },
  );
  if (result.termination === 'exited' && result.exitCode === 0) return null;
  if (result.termination === 'timed-out') return [`no answer within ${PATIENCE_MS / 60_000} min`];
  return result.stderr.toString('utf8').trim().split('\n').slice(-5);
}

/** The words behind RUN and CONTROLLER that say where to look. */
export function sweepWords({
  node,
  bases,
  emptied,
  kept,
  isWithoutContainers = false,
}: Omit<SweepTarget, 'identity'>): readonly string[] {
  const pairs = (kind: string, paths: readonly string[]) =>
    paths.flatMap((path) => [kind, withoutSlash(path)]);
  return [
    ...pairs('base', bases),
    ...pairs('emptied', emptied),
    ...pairs('kept', kept),
    ...(node.runtime === 'docker' && !isWithoutContainers ? ['docker', 'required'] : []),
  ];
}

async function ask(
  pool: ConnectionPool,
  target: SweepTarget,
  mode: 'list' | 'force',
): Promise<Outcome<readonly Leftover[]>> {
  const { node, identity } = target;
  const words = [mode, identity.run, identity.controller, ...sweepWords(target)];
  const lent = await pool.use(node, (connection) =>
    connection.exec(
      { argv: ['/bin/sh', '-c', SWEEP, 'playbook', ...words] },
      { timeoutMs: PATIENCE_MS },
    ),
  );
  if (!lent.ok) return lent;
  const result = lent.value;
  const what =
    mode === 'list' ? 'what is left could not be listed' : 'not everything could be removed';
  const failed = (
    kind: 'connection_lost' | 'left_behind',
    why: string,
    output: readonly string[] = [],
  ): { ok: false; failure: Failure } => ({
    ok: false,
    failure: createFailure(kind, `${what}: ${why}`, {
      node: node.name,
      output,
      hint: output.length > 0 ? 'look at it there, then: playbook cleanup' : null,
    }),
  });
  switch (result.termination) {
    case 'connection-lost':
      return failed('connection_lost', result.reason);
    case 'not-started':
      return failed('left_behind', result.reason);
    case 'timed-out':
      return failed('left_behind', `no answer within ${PATIENCE_MS / 1000} s`);
    case 'cancelled':
    case 'signalled':
      return failed('left_behind', 'it was cut off');
    case 'exited': {
      const { left, trouble } = parseSweep(result.stdout.toString('utf8'), node.name);
      const [why = result.stderr.toString('utf8').trim()] = trouble;
      const isAnswered = result.exitCode === 0 || left.length > 0;
      return trouble.length > 0 || !isAnswered
        ? failed('left_behind', why, left.map(describe))
        : { ok: true, value: left };
    }
  }
}

function describe({ kind, description }: Leftover): string {
  return `${kind} ${description}`;
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
