import type { SourceLocation } from './source.js';

export type Transport = 'ssh' | 'local';
/** What runs the services on a node. */
export type Runtime = 'docker' | 'process';
export type HostKeyPolicy = 'strict' | 'accept-new' | 'off';

/** How to log in to a node; `null` where nothing was configured. */
export interface NodeAuthentication {
  readonly password: string | null;
  readonly privateKeyPath: string | null;
  readonly passphrase: string | null;
  readonly agent: boolean;
}

/** One machine of `nodes.yaml`, fully resolved. */
export interface NodeSpec {
  readonly name: string;
  readonly transport: Transport;
  readonly host: string;
  /** `null`: what ssh_config says, else 22. */
  readonly port: number | null;
  /** `null`: the user who runs playbook (or what ssh_config says). */
  readonly username: string | null;
  readonly authentication: NodeAuthentication;
  readonly proxyJump: string | null;
  readonly useSshConfig: boolean;
  /** `null`: what ssh_config says, else `strict`. */
  readonly hostKey: HostKeyPolicy | null;
  /** Absolute. `null`: what ssh_config says, else the user's own. */
  readonly knownHosts: string | null;
  /** `null`: what ssh_config says, else 10 s. */
  readonly keepaliveIntervalMs: number | null;
  readonly enabled: boolean;
  readonly runtime: Runtime;
  /**
   * The folder on the node under which working folders are made. Absolute, or relative to the login's home;
   * `null`: the transport's default.
   */
  readonly dockerComposePath: string | null;
  /** Where results of a script go that declares no `result_paths`; as `dockerComposePath`. */
  readonly resultsPath: string | null;
  /**
   * The folder on the node by which runs keep each other away. Absolute, or relative to the login's home; `null`: one for
   * the whole machine.
   */
  readonly lockPath: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly source: SourceLocation;
}

/** Everything of a node that nothing was said about. */
export const UNCONFIGURED_NODE = {
  transport: 'local',
  host: '127.0.0.1',
  port: null,
  username: null,
  authentication: { password: null, privateKeyPath: null, passphrase: null, agent: false },
  proxyJump: null,
  useSshConfig: false,
  hostKey: null,
  knownHosts: null,
  keepaliveIntervalMs: null,
  enabled: true,
  runtime: 'process',
  dockerComposePath: null,
  resultsPath: null,
  lockPath: null,
  labels: {},
} as const satisfies Omit<NodeSpec, 'name' | 'source'>;

/** The name under which the machine that runs playbook appears among nodes. No node may be called so. */
export const CONTROLLER = 'controller';
