import type { Command } from '../../model/command.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../../remote/connection.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { controllerToken } from '../controller.js';
import { basesOn } from '../place.js';
import { type Presence, parsePresence, type Trace } from './parse.js';
import { PRESENCE } from './script.js';

/** What a run has on a node, and whether anybody still looks after it. */
export interface Inhabitant extends Trace {
  /** The node that it is shown with. */
  readonly at: string;
  /**
   * `running`: its run is under way. `leftover`: its run is over. `foreign`: another project, or another machine, has
   * started it, and nobody here can tell.
   */
  readonly state: 'running' | 'leftover' | 'foreign';
}

export interface LookOptions {
  readonly pool: ConnectionPool;
  /** The project's root, absolute. */
  readonly root: string;
  /** Aborts when the time is up: who has not answered then counts as unreachable. */
  readonly signal: AbortSignal;
  /** For the message. */
  readonly limitMs: number;
  /** Whether a run of this project is under way. */
  readonly isRunning: (run: string) => boolean;
  /** Whether a run is one of this project's. */
  readonly isOurs: (run: string) => boolean;
}

export interface Look {
  /** Nodes that could not be asked. */
  readonly failures: ReadonlyMap<string, Failure>;
  readonly inhabitants: readonly Inhabitant[];
}

/** What runs have on nodes at this moment, asked of all at once. */
export async function lookAround(nodes: readonly NodeSpec[], options: LookOptions): Promise<Look> {
  const answers = await Promise.all(
    nodes.map(async (node) => [node.name, await askInTime(node, options)] as const),
  );
  const failures = new Map(
    answers.flatMap(([name, outcome]) => (outcome.ok ? [] : [[name, outcome.failure] as const])),
  );
  const present = answers.flatMap(([name, outcome]) =>
    outcome.ok ? [{ node: name, ...outcome.value }] : [],
  );
  const token = controllerToken(options.root);
  const inhabitants = attribute(present).map((trace): Inhabitant => ({
    ...trace,
    state: stateOf(trace, token, options),
  }));
  // What a run that is under way does itself is not worth telling; what it has left is.
  const isTold = ({ kind, state }: Inhabitant) => kind !== 'command' || state === 'leftover';
  return { failures, inhabitants: inhabitants.filter(isTold) };
}

function stateOf(
  { run, controller }: Trace,
  token: string,
  { isRunning, isOurs }: LookOptions,
): Inhabitant['state'] {
  if (controller !== null && controller !== token) return 'foreign';
  if (isRunning(run)) return 'running';
  return controller === token || isOurs(run) ? 'leftover' : 'foreign';
}

/**
 * Several nodes may be one machine, and each of them tells of everything there: it is shown once, with the node that it was
 * started for.
 */
export function attribute(
  present: readonly (Presence & { readonly node: string })[],
): readonly (Trace & { readonly at: string })[] {
  const found = new Map<string, Trace & { readonly at: string }>();
  for (const { node, traces } of present) {
    for (const trace of traces) {
      const isHome = trace.node === node;
      if (isHome || !found.has(trace.identity)) found.set(trace.identity, { ...trace, at: node });
    }
  }
  const order = present.map(({ node }) => node);
  return [...found.values()].sort((a, b) => order.indexOf(a.at) - order.indexOf(b.at));
}

async function askInTime(node: NodeSpec, options: LookOptions): Promise<Outcome<Presence>> {
  const { pool, signal, root, limitMs } = options;
  const late = new Promise<Outcome<Presence>>((resolve) => {
    const failure = createFailure('unreachable', `no answer within ${limitMs / 1000} s`, {
      node: node.name,
      hint: 'playbook health says more',
    });
    signal.addEventListener('abort', () => resolve({ ok: false, failure }), { once: true });
  });
  const asked = pool
    .use(node, (connection) => ask(connection, node, root, signal), { signal })
    .then((lent) => (lent.ok ? lent.value : lent));
  return Promise.race([asked, late]);
}

async function ask(
  connection: Connection,
  node: NodeSpec,
  root: string,
  signal: AbortSignal,
): Promise<Outcome<Presence>> {
  const info = await connection.info();
  if (!info.ok) return info;
  const { work } = basesOn(node, info.value.home, root);
  const command: Command = { argv: ['/bin/sh', '-c', PRESENCE, 'playbook', work] };
  const result = await connection.exec(command, { signal, graceMs: 500 });
  if (result.termination === 'connection-lost' || result.termination === 'not-started') {
    const message = `it could not be asked what runs: ${result.reason}`;
    return {
      ok: false,
      failure: createFailure('connection_lost', message, { node: node.name }),
    };
  }
  return { ok: true, value: parsePresence(result.stdout.toString('utf8')) };
}
