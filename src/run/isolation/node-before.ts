import type { ForeignUse } from '../../model/foreign-use.js';

/** How a node was right before a scenario. */
export interface NodeBefore {
  readonly foreign: ForeignUse;
  /** Ports of the scenario's services that somebody had already; see `portWord`. */
  readonly boundPorts: ReadonlySet<string>;
}
