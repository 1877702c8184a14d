import type { Clock } from '../async/clock.js';
import type { ConnectionPool } from '../remote/pool/pool.js';
import type { DeploymentBackend } from '../deploy/backend.js';
import type { NodeSpec, Runtime } from '../model/node.js';
import type { HookSpec } from '../model/hook.js';
import type { NodeFacts } from '../model/node-facts.js';
import type { Versions } from '../results/metadata.js';
import type { Emit } from './events.js';
import type { DirtyNode } from './isolation/dirty-node.js';
import type { NodeBefore } from './isolation/node-before.js';
import type { Journal } from './journal/journal.js';
import type { LeaseKeeper } from './lease/keeper.js';

/** What is the same for every scenario of a run. */
export interface RunContext {
  readonly run: string;
  /** The project's root, absolute. */
  readonly root: string;
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  readonly backends: Readonly<Partial<Record<Runtime, DeploymentBackend>>>;
  /** This machine, as a node. */
  readonly controller: NodeSpec;
  /** Every node of the configuration. */
  readonly nodes: readonly NodeSpec[];
  /** Those of the run as a whole. */
  readonly suiteHooks: readonly HookSpec[];
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
  /** By node: what it said of itself when it was last checked. */
  readonly facts: Map<string, NodeFacts>;
  /** By node: how it was right before the scenario that runs now. */
  readonly before: Map<string, NodeBefore>;
  /** By machine name: where scenarios have left something. */
  readonly dirty: Map<string, DirtyNode>;
  /** By machine name: where results lie that could not be brought home, and are kept. Absolute, on the machine. */
  readonly kept: Map<string, readonly string[]>;
  readonly emit: Emit;
  readonly versions: Versions;
  /** Values that must not appear in any output. */
  readonly secrets: readonly string[];
}
