import type { Clock } from '../../../async/clock.js';
import { type ConnectionBudget, createBudget } from '../../pool/budget.js';
import { createPrivateKeyReader, type PrivateKeyReader } from './authentication/private-key.js';
import { createDialGate, type DialGate } from './dial/dial-gate.js';
import { openKnownHostsFiles, type KnownHostsFiles } from './host-key/known-hosts-files.js';
import type { OpenConnection } from './open-connection.js';
import { createSharedHops, type SharedHops } from './jump/shared-hops.js';
import { createRefusals, type Refusals } from './refusals.js';
import { createSshConfigReader, type SshConfigReader } from './ssh-config/resolve.js';

/** What the logins of one process have in common, so that a thousand of them do not each start from nothing. */
export interface SharedLogins {
  readonly gate: DialGate;
  readonly hops: SharedHops<OpenConnection>;
  readonly refusals: Refusals;
  readonly knownHosts: KnownHostsFiles;
  readonly readKey: PrivateKeyReader;
  readonly readSshConfig: SshConfigReader;
  /** Passes a message on unless it was said before. */
  readonly warnOnce: (message: string, warn: (message: string) => void) => void;
}

export interface SharedLoginsOptions {
  readonly clock: Clock;
  /** What jump hosts count in, besides the nodes behind them. Default: without a limit. */
  readonly budget?: ConnectionBudget;
  /** Simultaneous logins to one address at the start; adapts. Default 8. */
  readonly dialsPerAddress?: number;
  /** Simultaneous logins in total. Default 64. */
  readonly dials?: number;
}

export function createSharedLogins({
  clock,
  budget = createBudget(Infinity),
  dialsPerAddress,
  dials,
}: SharedLoginsOptions): SharedLogins {
  const said = new Set<string>();
  return {
    gate: createDialGate({
      clock,
      ...(dialsPerAddress === undefined ? {} : { perAddress: dialsPerAddress }),
      ...(dials === undefined ? {} : { total: dials }),
    }),
    hops: createSharedHops(budget),
    refusals: createRefusals(),
    knownHosts: openKnownHostsFiles(clock),
    readKey: createPrivateKeyReader(clock),
    readSshConfig: createSshConfigReader(),
    warnOnce(message, warn) {
      if (said.has(message)) return;
      said.add(message);
      warn(message);
    },
  };
}
