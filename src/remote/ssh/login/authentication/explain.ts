import type { Failure } from '../../../../model/failure.js';
import { failLogin } from '../failures.js';
import type { LoginTarget } from '../target.js';
import type { Credentials } from './credentials.js';
import type { AuthenticationLog } from './sequence.js';

/**
 * Why nobody was let in, and what to set.
 *
 * @param said What the server said when it ended the connection, `null` where it only refused.
 */
export function explainRefusal(
  target: LoginTarget,
  credentials: Credentials,
  log: AuthenticationLog,
  address: string,
  said: string | null,
): Failure {
  const tried = log.tried.length > 0 ? `tried ${log.tried.join(', ')}` : 'there was nothing to try';
  const allowed = log.allowed === null ? '' : `; it allows ${log.allowed.join(', ') || 'nothing'}`;
  const asked =
    log.unanswered.length > 0
      ? `; it asked ${log.unanswered.map((question) => `"${question}"`).join(', ')}, which nobody is there to answer`
      : '';
  const ended = said === null ? '' : ` and ended the connection (${said})`;
  const passedOver = credentials.passedOver.map((reason) => `; not tried: ${reason}`).join('');
  return failLogin(
    'authentication',
    `${address} does not let ${target.user} in${ended}: ${tried}${allowed}${asked}${passedOver}`,
    adviceFor(target, log),
  ).failure;
}

function adviceFor(target: LoginTarget, { allowed, tried }: AuthenticationLog): string {
  const { configured } = target.authentication;
  const takes = (method: string) => allowed?.includes(method) ?? true;
  const takesPassword = takes('password') || takes('keyboard-interactive');
  const where = target.isHop
    ? `the jump host ${target.name}, as a node of nodes.yaml,`
    : target.name;
  const advice: string[] = [];
  if (takes('publickey')) {
    const hasKey = tried.some((what) => what.includes('key'));
    advice.push(
      hasKey
        ? `put the public key into ~${target.user}/.ssh/authorized_keys there (ssh-copy-id)`
        : 'set `private_key_path` or `agent: true`',
    );
  }
  if (takesPassword) {
    advice.push(configured.password === null ? 'set `password`' : 'correct `password`');
  }
  if (advice.length === 0) advice.push('set up a login the server allows');
  return `for ${where}: ${advice.join(', or ')}; or is \`username: ${target.user}\` wrong?`;
}
