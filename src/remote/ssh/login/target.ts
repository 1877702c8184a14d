import type { HostKeyPolicy, NodeAuthentication } from '../../../model/node.js';
import type { AlgorithmChoice } from './algorithms.js';

/** How the host key of a target is checked. */
export interface HostKeyCheck {
  readonly policy: HostKeyPolicy;
  /** The name under which the key is looked up: `host`, `[host]:port`, or ssh_config's HostKeyAlias. */
  readonly name: string;
  /** Looked up as well, for a matching key only: the host without its unusual port. */
  readonly fallbackName: string | null;
  /** Absolute. New keys are added to the first. */
  readonly userFiles: readonly [string, ...string[]];
  readonly globalFiles: readonly string[];
  /** Write the name of an added key as a hash. */
  readonly hashesNames: boolean;
}

/** What one may try to log in to a target. */
export interface AuthenticationPlan {
  /** What was configured for the target itself. Where it says something, nothing else is tried. */
  readonly configured: NodeAuthentication;
  /** Tried otherwise, those that exist and can be read: absolute paths. */
  readonly identityFiles: readonly string[];
  /** Of the agent's keys only those of `identityFiles`. */
  readonly identitiesOnly: boolean;
  /** The agent's socket, `null` where there is none. */
  readonly agentSocket: string | null;
}

/** One connection to be made, fully resolved: a node, or a hop on the way to it. */
export interface LoginTarget {
  /** The node's name, or the hop as it was written. */
  readonly name: string;
  readonly isHop: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly addressFamily: 4 | 6 | null;
  readonly hostKey: HostKeyCheck;
  readonly authentication: AuthenticationPlan;
  readonly algorithms: AlgorithmChoice;
  readonly keepalive: { readonly intervalMs: number; readonly countMax: number };
  /** Its own limit for one dial; `null`: that of the login. */
  readonly connectTimeoutMs: number | null;
}
