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
  readonly port: number;
  /** `null`: the user who runs playbook (or what ssh_config says). */
  readonly username: string | null;
  readonly authentication: NodeAuthentication;
  readonly proxyJump: string | null;
  readonly useSshConfig: boolean;
  readonly hostKey: HostKeyPolicy;
  readonly knownHosts: string;
  readonly keepaliveIntervalMs: number;
  readonly enabled: boolean;
  readonly runtime: Runtime;
  /**
   * The folder on the node under which working folders are made. Absolute, or relative to the login's home;
   * `null`: the transport's default.
   */
  readonly dockerComposePath: string | null;
  /** Where results of a script go that declares no `result_paths`; as `dockerComposePath`. */
  readonly resultsPath: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly source: SourceLocation;
}

/** The name under which the machine that runs playbook appears among nodes. No node may be called so. */
export const CONTROLLER = 'controller';
