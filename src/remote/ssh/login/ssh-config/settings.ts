/** What an ssh_config says about one host; `null` where it says nothing. */
export interface SshSettings {
  readonly hostName: string | null;
  readonly port: number | null;
  readonly user: string | null;
  /** As written: `~` and `%` tokens are still in them. */
  readonly identityFiles: readonly string[] | null;
  readonly identitiesOnly: boolean;
  readonly identityAgent: string | null;
  readonly userKnownHosts: readonly string[] | null;
  readonly globalKnownHosts: readonly string[] | null;
  readonly strictHostKeyChecking: string | null;
  readonly hostKeyAlias: string | null;
  readonly hashKnownHosts: boolean;
  readonly proxyJump: string | null;
  readonly proxyCommand: string | null;
  readonly connectTimeoutMs: number | null;
  readonly keepaliveIntervalMs: number | null;
  readonly keepaliveCountMax: number | null;
  readonly addressFamily: 4 | 6 | null;
  readonly hostKeyAlgorithms: readonly string[] | null;
  readonly kexAlgorithms: readonly string[] | null;
  readonly ciphers: readonly string[] | null;
  readonly macs: readonly string[] | null;
}

/** Values by option, in lower case; each as its lines say it. */
export type SshOptions = ReadonlyMap<string, readonly string[]>;

export const NO_SETTINGS: SshSettings = readSettings(new Map());

export function readSettings(options: SshOptions): SshSettings {
  const text = (name: string) => options.get(name)?.[0] ?? null;
  /** A word that switches something off counts as nothing said. */
  const unlessNone = (name: string) => {
    const value = text(name);
    return value === null || /^none$/i.test(value) ? null : value;
  };
  const integer = (name: string) => {
    const value = text(name);
    return value !== null && /^\d+$/.test(value) ? Number(value) : null;
  };
  const seconds = (name: string) => {
    const value = integer(name);
    return value === null || value === 0 ? null : value * 1_000;
  };
  const list = (name: string) => text(name)?.split(',') ?? null;
  const paths = (name: string) => {
    const value = text(name);
    return value === null ? null : splitPaths(value);
  };
  const family = text('addressfamily');

  return {
    hostName: text('hostname'),
    port: integer('port'),
    user: text('user'),
    identityFiles: options.get('identityfile')?.filter((file) => !/^none$/i.test(file)) ?? null,
    identitiesOnly: isYes(text('identitiesonly')),
    identityAgent: text('identityagent'),
    userKnownHosts: paths('userknownhostsfile'),
    globalKnownHosts: paths('globalknownhostsfile'),
    strictHostKeyChecking: text('stricthostkeychecking'),
    hostKeyAlias: text('hostkeyalias'),
    hashKnownHosts: isYes(text('hashknownhosts')),
    proxyJump: unlessNone('proxyjump'),
    proxyCommand: unlessNone('proxycommand'),
    connectTimeoutMs: seconds('connecttimeout'),
    keepaliveIntervalMs: seconds('serveraliveinterval'),
    keepaliveCountMax: integer('serveralivecountmax'),
    addressFamily: family === 'inet' ? 4 : family === 'inet6' ? 6 : null,
    hostKeyAlgorithms: list('hostkeyalgorithms'),
    kexAlgorithms: list('kexalgorithms'),
    ciphers: list('ciphers'),
    macs: list('macs'),
  };
}

function isYes(value: string | null): boolean {
  return value !== null && /^(?:yes|true)$/i.test(value);
}

/** `ssh -G` joins paths with spaces and does not quote those that hold one: a new path begins with `/` or `~`. */
function splitPaths(value: string): readonly string[] {
  return value
    .split(/\s+(?=[/~"%$]|none$)/)
    .map((path) => path.replace(/^"(.*)"$/, '$1'))
    .filter((path) => path !== '' && path !== 'none');
}
