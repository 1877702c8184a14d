import type { NodeSpec } from '../../model/node.js';
import type { RunContext } from '../context.js';
import type { EarlierRuns } from '../journal/journal.js';

/** `… sh PATH...`: exit status 1 where there is none of them, or only empty directories. */
const IS_THERE =
  'for p do [ ! -d "$p" ] || [ -n "$(ls -A -- "$p")" ] || continue; [ ! -e "$p" ] || exit 0; done; exit 1';

/** Tells of results that earlier runs could not bring home, and forgets those that are not where they were kept any more. */
export async function tellOfKept(
  earlier: EarlierRuns,
  { controller, nodes, pool, emit }: Pick<RunContext, 'controller' | 'nodes' | 'pool' | 'emit'>,
): Promise<void> {
  const isGone = async (node: NodeSpec | undefined, paths: readonly string[]) => {
    if (!node) return false;
    const argv = ['sh', '-c', IS_THERE, 'sh', ...paths] as const;
    const asked = await pool.use(node, (connection) =>
      connection.exec({ argv }, { timeoutMs: 10_000 }),
    );
    return asked.ok && asked.value.termination === 'exited' && asked.value.exitCode === 1;
  };
  const all = earlier.list().flatMap(({ run, kept }) => [...kept].map((each) => ({ run, each })));
  await Promise.all(
    all.map(async ({ run, each: [id, { node: name, scenario, folders, directories }] }) => {
      const paths = [...folders, ...directories];
      const node = [controller, ...nodes].find((one) => one.name === name);
      const results = `results of ${scenario} (run ${run})`;
      const where = paths.join(', ');
      const warn = (message: string) => emit({ type: 'warning', node: name, message });
      if (await isGone(node, paths)) {
        earlier.strike(run, [id]);
        warn(`${results} that could not be brought home are not in ${where} any more`);
      } else {
        warn(
          `${results} could not be brought home, and are kept in ${where}; playbook cleanup --kept removes them`,
        );
      }
    }),
  );
}
