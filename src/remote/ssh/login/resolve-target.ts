import { homedir, userInfo } from 'node:os';

import type { Outcome } from '../../../model/failure.js';
import type { HostKeyPolicy, NodeAuthentication } from '../../../model/node.js';
import type { LoginContext, LoginNode } from './context.js';
import { expandHome, expandPath, type TokenValues } from './ssh-config/expand.js';
import { NO_SETTINGS, type SshSettings } from './ssh-config/settings.js';
import type { AuthenticationPlan, HostKeyCheck, LoginTarget } from './target.js';

/** What is known of a target before ssh_config is asked. `null`: nothing was written. */
export interface TargetRequest {
  readonly name: string;
  readonly isHop: boolean;
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly authentication: NodeAuthentication;
  readonly hostKey: HostKeyPolicy | null;
  readonly knownHosts: string | null;
  readonly keepaliveIntervalMs: number | null;
  readonly useSshConfig: boolean;
}

export interface ResolvedTarget {
  readonly target: LoginTarget;
  /** What ssh_config says about the way there. */
  readonly proxyJump: string | null;
  readonly proxyCommand: string | null;
}

const SSH_PORT = 22;
const DEFAULT_KEEPALIVE_MS = 10_000;
/** A peer silent for so many intervals is gone. */
const KEEPALIVE_COUNT = 3;
const DEFAULT_KNOWN_HOSTS = '~/.ssh/known_hosts';
const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
/** What ssh tries by itself, in its order of preference among those that can be read here. */
const DEFAULT_KEYS = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

/** Completes what was written with what ssh_config says (where it is asked) and with ssh's defaults. */
export async function resolveTarget(
  request: TargetRequest,
  context: LoginContext,
): Promise<Outcome<ResolvedTarget>> {
  const { environment } = context;
  let settings = NO_SETTINGS;
  if (request.useSshConfig) {
    const query = { host: request.host, user: request.user, port: request.port };
    const read = await context.shared.readSshConfig(query, environment);
    if (!read.ok) return read;
    settings = read.value;
  }
  const host = settings.hostName ?? request.host;
  const port = request.port ?? settings.port ?? SSH_PORT;
  const localUser = environment['USER'] ?? environment['LOGNAME'] ?? nameOfUser();
  const user = request.user ?? settings.user ?? localUser;
  const home = environment['HOME'] ?? homedir();
  const tokens: TokenValues = { home, localUser, originalHost: request.host, host, port, user };
  const expand = (path: string) => expandPath(path, tokens, environment);

  const target: LoginTarget = {
    name: request.name,
    isHop: request.isHop,
    host,
    port,
    user,
    addressFamily: settings.addressFamily,
    hostKey: resolveHostKey(request, settings, { host, port, home }, expand),
    authentication: resolveAuthentication(request, settings, environment, expand),
    algorithms: {
      hostKey: settings.hostKeyAlgorithms,
      kex: settings.kexAlgorithms,
      cipher: settings.ciphers,
      mac: settings.macs,
    },
    keepalive: {
      intervalMs:
        request.keepaliveIntervalMs ?? settings.keepaliveIntervalMs ?? DEFAULT_KEEPALIVE_MS,
      countMax:
        request.keepaliveIntervalMs === null && settings.keepaliveIntervalMs !== null
          ? (settings.keepaliveCountMax ?? KEEPALIVE_COUNT)
          : KEEPALIVE_COUNT,
    },
    connectTimeoutMs: settings.connectTimeoutMs,
  };
  const { proxyJump, proxyCommand } = settings;
  return { ok: true, value: { target, proxyJump, proxyCommand } };
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name; the server will say that there is no such user.
    return '';
  }
}

function resolveHostKey(
  request: TargetRequest,
  settings: SshSettings,
  { host, port, home }: { readonly host: string; readonly port: number; readonly home: string },
  expand: (path: string) => string,
): HostKeyCheck {
  const alias = settings.hostKeyAlias;
  const hasOddPort = alias === null && port !== SSH_PORT;
  const name = (alias ?? host).toLowerCase();
  const files =
    request.knownHosts === null
      ? (settings.userKnownHosts ?? [DEFAULT_KNOWN_HOSTS]).map(expand)
      : [expandHome(request.knownHosts, home)];
  const [first = expand(DEFAULT_KNOWN_HOSTS), ...rest] = files;
  return {
    policy: request.hostKey ?? policyOf(settings.strictHostKeyChecking),
    name: hasOddPort ? `[${name}]:${port}` : name,
    fallbackName: hasOddPort ? name : null,
    userFiles: [first, ...rest],
    globalFiles: (settings.globalKnownHosts ?? GLOBAL_KNOWN_HOSTS).map(expand),
    hashesNames: settings.hashKnownHosts,
  };
}

/** Nobody is there to be asked, so `ask` is strict. */
function policyOf(strictHostKeyChecking: string | null): HostKeyPolicy {
  switch (strictHostKeyChecking?.toLowerCase() ?? '') {
    case 'accept-new':
      return 'accept-new';
    case 'no':
    case 'off':
    case 'false':
      return 'off';
    default:
      return 'strict';
  }
}

function resolveAuthentication(
  request: TargetRequest,
  settings: SshSettings,
  environment: LoginContext['environment'],
  expand: (path: string) => string,
): AuthenticationPlan {
  return {
    configured: request.authentication,
    identityFiles: (settings.identityFiles ?? DEFAULT_KEYS).map(expand),
    identitiesOnly: settings.identitiesOnly,
    agentSocket: resolveAgent(settings.identityAgent, environment, expand),
  };
}

function resolveAgent(
  identityAgent: string | null,
  environment: LoginContext['environment'],
  expand: (path: string) => string,
): string | null {
  const named = identityAgent ?? 'SSH_AUTH_SOCK';
  if (/^none$/i.test(named)) return null;
  const variable = named === 'SSH_AUTH_SOCK' ? named : /^\$(\w+)$/.exec(named)?.[1];
  const path = variable === undefined ? expand(named) : environment[variable];
  return path === undefined || path === '' ? null : path;
}

/** What a node of the configuration asks for. */
export function requestForNode(node: LoginNode, isHop: boolean): TargetRequest {
  return {
    name: node.name,
    isHop,
    host: node.host,
    port: node.port,
    user: node.username,
    authentication: node.authentication,
    hostKey: node.hostKey,
    knownHosts: node.knownHosts,
    keepaliveIntervalMs: node.keepaliveIntervalMs,
    useSshConfig: node.useSshConfig,
  };
}
