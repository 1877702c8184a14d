import type { NodeSpec } from '../../model/node.js';

const HOLDING_KINDS = [
  'folder',
  'service',
  'script',
  'project',
  'results',
  'lease',
  // Still bound after its service was gone.
  'port',
  // What a damaged journal no longer tells: it may be anything.
  'unknown',
] as const;
export type HoldingKind = (typeof HOLDING_KINDS)[number];

/** Something that a run has put on a machine and has to take away again. */
export interface Holding {
  /** The node's name. */
  readonly node: string;
  readonly kind: HoldingKind;
  /** `null`: it belongs to the whole run. */
  readonly scenario: string | null;
  /** For people: `service engine`. */
  readonly description: string;
  /** Of `results`: the directories outside the run's folder that were empty before. Absolute, on the node. */
  readonly paths?: readonly string[];
  /** Of `port`. */
  readonly ports?: readonly HeldPort[];
}

/** A port of a service that somebody still had when the service was gone. */
export interface HeldPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly service: string;
  /** Who, with the number of the process; `null`: the login may not know. */
  readonly by: string | null;
}

/** Results that could not be brought home. */
export interface KeptResults {
  readonly node: string;
  readonly scenario: string;
  /** Below the run's own folders, absolute. */
  readonly folders: readonly string[];
  /** Elsewhere: absolute directories that the scenario declares. */
  readonly directories: readonly string[];
}

/** A node as the run knew it: the configuration may name another machine by now. */
export interface NamedNode {
  readonly name: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
}

/** What an earlier run still holds. */
export interface HeldRun {
  readonly run: string;
  /** The token of the controller in its folders' names and labels. */
  readonly controller: string;
  /** The machine on which it was started, as `machineToken` names it. */
  readonly machine: string;
  /** When it began: ISO 8601 in UTC, empty where the journal no longer tells. */
  readonly at: string;
  readonly nodes: readonly NamedNode[];
  /** By node: the folders below which the run's own may lie. */
  readonly bases: ReadonlyMap<string, readonly string[]>;
  /** By id. */
  readonly open: ReadonlyMap<number, Holding>;
  /** By id. */
  readonly kept: ReadonlyMap<number, KeptResults>;
}

export function isHoldingKind(value: unknown): value is HoldingKind {
  return (HOLDING_KINDS as readonly unknown[]).includes(value);
}

export function nameNode({ name, transport, host, port, username }: NodeSpec): NamedNode {
  return { name, transport, host, port, user: username };
}
