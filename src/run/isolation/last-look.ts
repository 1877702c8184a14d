import { startDeadline } from '../../async/deadline.js';
import type { RunContext } from '../context.js';

/** A node that was silent may be back; one that still is will not be waited for. */
const ANSWER_MS = 3_000;

/**
 * Tries once more, at the end of a run, to clean what no scenario could: after that only watchdogs do. Those that are clean
 * by now are dirty no more.
 */
export async function lookOnceMore(context: RunContext): Promise<void> {
  const { dirty, emit } = context;
  await Promise.all(
    [...dirty].map(async ([machine, { lookAgain }]) => {
      if (!(await answers(context, machine)) || (await lookAgain()) !== null) return;
      dirty.delete(machine);
      emit({ type: 'warning', node: machine, message: 'is clean again' });
    }),
  );
}

async function answers(
  { clock, controller, nodes, pool }: RunContext,
  machine: string,
): Promise<boolean> {
  const node = [controller, ...nodes].find(({ name }) => name === machine);
  if (!node) return false;
  const patience = startDeadline(clock, ANSWER_MS);
  const asked = await pool.use(node, (connection) => connection.info(), {
    isAskedAfresh: true,
    signal: patience.signal,
  });
  patience.clear();
  return asked.ok && asked.value.ok;
}
