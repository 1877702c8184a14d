import { orAborted } from '../../async/abort.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { EarlierRuns } from '../journal/journal.js';
import type { HeldRun } from '../journal/holding.js';
import { type Machines, findMachine } from './machines.js';

/** `… sh PATH...`: exit status 1 where there is none of them, or only empty directories. */
const IS_THERE =
  'for p do [ ! -d "$p" ] || [ -n "$(ls -A -- "$p")" ] || continue; [ ! -e "$p" ] || exit 0; done; exit 1';

/** Results that an earlier run could not bring home. */
export interface KeptSomewhere {
  readonly run: string;
  readonly node: string;
  readonly scenario: string;
  /** Absolute, on the node. */
  readonly paths: readonly string[];
}

export interface FoundKept {
  /** They are there, or nobody can tell. */
  readonly kept: readonly KeptSomewhere[];
  /** They are not: somebody has removed them. */
  readonly gone: readonly KeptSomewhere[];
}

/** Looks for the results that earlier runs could not bring home, and strikes off those that are not there any more. */
export async function findKept(
  earlier: EarlierRuns,
  machines: Machines,
  pool: ConnectionPool,
  signal: AbortSignal,
): Promise<FoundKept> {
  const looked = earlier.list().flatMap((held) =>
    [...held.kept].map(async ([id, { node, scenario, folders, directories }]) => {
      const found = { run: held.run, node, scenario, paths: [...folders, ...directories] };
      const isGone = (await orAborted(areGone(held, found, machines, pool), signal)) ?? false;
      if (isGone) earlier.strike(held.run, [id]);
      return { found, isGone };
    }),
  );
  const all = await Promise.all(looked);
  const those = (wanted: boolean) =>
    all.filter(({ isGone }) => isGone === wanted).map(({ found }) => found);
  return { kept: those(false), gone: those(true) };
}

async function areGone(
  held: HeldRun,
  { node: name, paths }: KeptSomewhere,
  machines: Machines,
  pool: ConnectionPool,
): Promise<boolean> {
  const node = findMachine(held, name, machines);
  if (typeof node === 'string') return false;
  const argv = ['sh', '-c', IS_THERE, 'sh', ...paths] as const;
  const asked = await pool.use(node, (connection) =>
    connection.exec({ argv }, { timeoutMs: 10_000 }),
  );
  return asked.ok && asked.value.termination === 'exited' && asked.value.exitCode === 1;
}
