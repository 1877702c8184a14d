import { clockJump } from './clock.js';
import { hungUp, interrupted, killed, terminated } from './controller.js';
import { controllerFull, nodeFull } from './disk.js';
import { containerKilled, dockerStopped } from './docker.js';
import type { DrawFault } from './fault.js';
import { cut } from './network.js';
import { sshdKilled } from './sshd.js';

/** By name, as `--only` takes it. */
export const FAULTS = {
  kill: killed,
  int: interrupted,
  term: terminated,
  hup: hungUp,
  sshd: sshdKilled,
  cut,
  dockerd: dockerStopped,
  container: containerKilled,
  'disk-node': nodeFull,
  'disk-here': controllerFull,
  clock: clockJump,
} as const satisfies Readonly<Record<string, DrawFault>>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];

/** How often each comes up among so many; deaths of the controller and of the network are what this is about. */
const SHARES: Readonly<Record<FaultName, number>> = {
  kill: 5,
  int: 2,
  term: 1,
  hup: 1,
  sshd: 3,
  cut: 4,
  dockerd: 2,
  container: 2,
  'disk-node': 1,
  'disk-here': 2,
  clock: 1,
};

/** One of each fault by its share, for the drawing of lots. */
export const LOTS = FAULT_NAMES.flatMap((name) => Array<FaultName>(SHARES[name]).fill(name));
