import type { ParsedKey } from 'ssh2';

import type { Clock } from '../../../../async/clock.js';
import type { Outcome } from '../../../../model/failure.js';
import { failLogin } from '../failures.js';
import type { AuthenticationPlan, LoginTarget } from '../target.js';
import { listAgentKeys, SelectiveAgent } from './agent.js';
import { readPublicKey, type PrivateKeyReader } from './private-key.js';

/** One thing to prove who we are with. Each is tried at most once. */
export type Credential =
  | { readonly type: 'key'; readonly key: ParsedKey; readonly description: string }
  | { readonly type: 'agent'; readonly agent: SelectiveAgent; readonly description: string }
  | { readonly type: 'password'; readonly password: string; readonly description: string };

export interface Credentials {
  /** In the order in which they are tried. */
  readonly list: readonly Credential[];
  /** Why something that is there is not tried: `~/.ssh/id_rsa is encrypted, …`. */
  readonly passedOver: readonly string[];
}

/**
 * Makes everything ready that a login needs, so that what is wrong here is found before anything is dialled.
 *
 * What is configured for the node is used and nothing else. Where nothing is, what `ssh` would do without a question: the
 * agent's keys, then the key files that can be read without a passphrase.
 */
export async function prepareCredentials(
  target: LoginTarget,
  readKey: PrivateKeyReader,
  clock: Clock,
): Promise<Outcome<Credentials>> {
  const { configured } = target.authentication;
  const isConfigured =
    configured.privateKeyPath !== null || configured.agent || configured.password !== null;
  return isConfigured
    ? prepareConfigured(target.authentication, readKey, clock)
    : { ok: true, value: await prepareUsual(target.authentication, readKey, clock) };
}

async function prepareConfigured(
  { configured, agentSocket, ...plan }: AuthenticationPlan,
  readKey: PrivateKeyReader,
  clock: Clock,
): Promise<Outcome<Credentials>> {
  const list: Credential[] = [];
  if (configured.privateKeyPath !== null) {
    const file = configured.privateKeyPath;
    const loaded = await readKey(file, configured.passphrase);
    if (loaded.status === 'missing') {
      return failLogin(
        'authentication',
        `the private key ${file} does not exist`,
        'correct `private_key_path`, or make a key: ssh-keygen -t ed25519',
      );
    }
    if (loaded.status === 'unusable') {
      const hint = loaded.hint.replace('FILE', file);
      return failLogin('authentication', `the private key ${file} ${loaded.reason}`, hint);
    }
    list.push({ type: 'key', key: loaded.key, description: `the key ${file}` });
  }
  if (configured.agent) {
    if (agentSocket === null) {
      return failLogin(
        'authentication',
        '`agent: true` is set and no agent is running: SSH_AUTH_SOCK is not set',
        'start one (eval "$(ssh-agent)"; ssh-add), or set `private_key_path`',
      );
    }
    const answer = await listAgentKeys(agentSocket, clock);
    if (!answer.ok) {
      return failLogin(
        'authentication',
        `the agent at ${agentSocket} does not answer: ${answer.reason}`,
        'start it again, or set `private_key_path`',
      );
    }
    const keys = plan.identitiesOnly
      ? await selectKeys(answer.keys, plan.identityFiles)
      : answer.keys;
    if (keys.length === 0) {
      return failLogin(
        'authentication',
        `the agent at ${agentSocket} has no key that can be used${plan.identitiesOnly ? ' (ssh_config says IdentitiesOnly)' : ''}`,
        'add one: ssh-add FILE (certificates and security keys are not supported)',
      );
    }
    list.push(agentCredential(agentSocket, keys));
  }
  if (configured.password !== null) {
    list.push({ type: 'password', password: configured.password, description: 'the password' });
  }
  return { ok: true, value: { list, passedOver: [] } };
}

/** The order is that of ssh: the agent's keys that ssh_config names, its others, then the files. */
async function prepareUsual(
  { configured, identityFiles, identitiesOnly, agentSocket }: AuthenticationPlan,
  readKey: PrivateKeyReader,
  clock: Clock,
): Promise<Credentials> {
  const list: Credential[] = [];
  const passedOver: string[] = [];
  const inAgent: ParsedKey[] = [];
  if (agentSocket !== null) {
    const answer = await listAgentKeys(agentSocket, clock);
    if (!answer.ok) passedOver.push(`the agent at ${agentSocket} does not answer`);
    const keys = answer.ok ? answer.keys : [];
    const named = await selectKeys(keys, identityFiles);
    inAgent.push(...named);
    if (!identitiesOnly) inAgent.push(...keys.filter((key) => !named.includes(key)));
    if (inAgent.length > 0) list.push(agentCredential(agentSocket, inAgent));
  }
  for (const file of identityFiles) {
    const loaded = await readKey(file, configured.passphrase);
    if (loaded.status === 'missing') continue;
    if (loaded.status === 'unusable') {
      passedOver.push(`${file} ${loaded.reason}`);
      continue;
    }
    const { key } = loaded;
    if (inAgent.some((other) => isSame(other, key.getPublicSSH()))) continue;
    list.push({ type: 'key', key, description: `the key ${file}` });
  }
  return { list, passedOver };
}

function agentCredential(socket: string, keys: readonly ParsedKey[]): Credential {
  return {
    type: 'agent',
    agent: new SelectiveAgent(socket, keys),
    description: keys.length === 1 ? 'the key of the agent' : `${keys.length} keys of the agent`,
  };
}

/** The agent's keys whose public half lies beside one of the files. */
async function selectKeys(
  keys: readonly ParsedKey[],
  files: readonly string[],
): Promise<readonly ParsedKey[]> {
  const publicKeys = await Promise.all(files.map(readPublicKey));
  return publicKeys.flatMap((blob) =>
    blob === null ? [] : keys.filter((key) => isSame(key, blob)),
  );
}

function isSame(key: ParsedKey, blob: Buffer): boolean {
  return key.getPublicSSH().equals(blob);
}
