import { homedir } from 'node:os';
import { join } from 'node:path';

/** Downloads and built images: the one thing that outlives `lab:down`. */
export const CACHE =
  process.env['PLAYBOOK_LAB_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'playbook-lab');

/** Everything that belongs to the lab that is up. There is one lab per machine. */
export const STATE = '/var/lib/playbook-lab';
export const PRIVATE_KEY = join(STATE, 'key');

export const BRIDGE = 'pblab0';
/** The first three bytes of every address: private, and away from what routers, VPNs and Docker choose. */
export const SUBNET = process.env['PLAYBOOK_LAB_SUBNET'] ?? '10.213.77';
export const CONTROLLER_ADDRESS = `${SUBNET}.1`;
export const MOST_NODES = 200;

export type ComposeVersion = 'v1' | 'v2';

export interface LabNode {
  /** `node1`. */
  readonly name: string;
  /** 1-based. */
  readonly index: number;
  readonly host: string;
  readonly compose: ComposeVersion;
  /** This machine's end of its cable. */
  readonly link: string;
  /** Its folder on this machine: `upper` holds what it wrote, `docker` is its /var/lib/docker. */
  readonly folder: string;
}

/** The node with this number, whether it is up or not. */
export function labNode(index: number): LabNode {
  const name = `node${index}`;
  return {
    name,
    index,
    host: `${SUBNET}.${10 + index}`,
    compose: index === 1 ? 'v1' : 'v2',
    link: `pblab${index}`,
    folder: join(STATE, 'nodes', name),
  };
}
