import type { HookSpec } from '../../model/hook.js';
import type { NodeSpec } from '../../model/node.js';

/** One hook on one machine. */
export interface HookCall {
  readonly hook: HookSpec;
  readonly node: NodeSpec;
  /** Of a hook of the run as a whole there is none. */
  readonly scenario: string | null;
  /** Without those that every hook has. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, on that machine; `null`: the project here, the login's home elsewhere. */
  readonly cwd: string | null;
  /** What the hook is told on its standard input. */
  readonly input: string;
  /** Where its output goes, absolute. */
  readonly log: string;
  /** The run is to stop. */
  readonly signal: AbortSignal;
  /** How long the hook may go on after that. 0: not at all. */
  readonly patienceMs: number;
}
