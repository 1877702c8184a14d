import type { Clock } from '../../../async/clock.js';
import type { HostKeyPolicy, NodeSpec } from '../../../model/node.js';
import type { SharedLogins } from './shared-logins.js';

/** A node as a login needs it. `null`: not written in the configuration, so ssh_config and ssh's defaults decide. */
export type LoginNode = Pick<
  NodeSpec,
  'name' | 'transport' | 'host' | 'username' | 'authentication' | 'proxyJump' | 'useSshConfig'
> & {
  readonly port: number | null;
  readonly hostKey: HostKeyPolicy | null;
  /** A file, absolute or from `~/`. */
  readonly knownHosts: string | null;
  readonly keepaliveIntervalMs: number | null;
};

/** What every login of a run has in common. */
export interface LoginContext {
  /** Every node of the configuration: `proxy_jump` may name one. */
  readonly nodes: readonly LoginNode[];
  readonly clock: Clock;
  /** HOME, USER, SSH_AUTH_SOCK, PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Something the user should know once: an accepted new host key, checking switched off. */
  readonly warn: (message: string) => void;
  /** For jitter, in [0,1). */
  readonly random: () => number;
  /** Open jump hosts, the gate for dials, files already read. One per process or pool: `createSharedLogins`. */
  readonly shared: SharedLogins;
  /** Limit of a whole login: name lookup, TCP, handshake, authentication, all hops. Default 15 s. */
  readonly handshakeTimeoutMs?: number;
}
