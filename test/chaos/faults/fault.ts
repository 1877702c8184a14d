import type { LabNode } from '../../lab/support/lab.js';
import type { StampedEvent } from '../../../src/model/event.js';
import type { Random } from '../random.js';
import type { ChaosProject } from '../project/project.js';
import type { Running } from '../project/playbook.js';
import type { Expectation } from '../checks/expectation.js';

/** What a fault can lay its hands on. */
export interface Scene {
  readonly project: ChaosProject;
  readonly running: Running;
  readonly nodes: readonly LabNode[];
  /** Aborts when the round is over or somebody wants to stop: for faults that wait. */
  readonly signal: AbortSignal;
}

/** One fault, with everything about it that is drawn. */
export interface Fault {
  /** For people: `sshd of node2 killed, back after 1.4 s`. */
  readonly description: string;
  /** Added to the environment of the run. */
  readonly env?: Readonly<Record<string, string>>;
  /** It hits right after the first event of this kind, not at a moment that is drawn. */
  readonly aim?: (event: StampedEvent) => boolean;
  /** Before the run begins: what cannot be put in place later. */
  arrange?(project: ChaosProject): Promise<void>;
  /** @returns What it hit, where that was left to chance: `store on node1`; `null` where it found nothing any more. */
  hit(scene: Scene): Promise<string | null>;
  /** While the run may still be under way: how long the fault lasts. `null`: until the run is over. */
  readonly lastsMs: number | null;
  /** Ends it. Safe to call twice, and where it never hit. */
  mend(project: ChaosProject): Promise<void>;
  /** What may be told of a run that it has hit. */
  readonly expectation: Expectation;
  /** The machine is out of reach for so long that its watchdog may have been at work. */
  readonly isForWatchdog?: boolean;
}

export type DrawFault = (random: Random, nodes: readonly LabNode[]) => Fault;
