import type { Failure } from '../../../../model/failure.js';
import { codeOf, failLogin } from '../failures.js';
import { isThrottled } from './first-bytes.js';

/** How far a dial has come. */
export type Stage = 'connecting' | 'identification' | 'key-exchange' | 'authentication';

const IDENTIFICATION = /^SSH-\d/;

/** Why a connection ended before anybody was logged in. */
export function explainEnd(
  address: string,
  stage: Stage,
  firstLine: string,
  error: Error | null,
): { readonly failure: Failure; readonly mayBeThrottled: boolean } {
  const unreachable = (message: string, hint: string | null) =>
    failLogin('unreachable', message, hint).failure;

  if (isThrottled(firstLine)) {
    return {
      failure: unreachable(
        `${address} takes no more logins at the moment: "${firstLine}"`,
        'others are logging in there at the same time; raise MaxStartups in its sshd_config (PerSourcePenalties, where it says "not allowed")',
      ),
      mayBeThrottled: true,
    };
  }
  if (firstLine !== '' && !IDENTIFICATION.test(firstLine)) {
    return {
      failure: unreachable(
        `${address} is no SSH server: it says "${shorten(firstLine)}"`,
        'is `port` right?',
      ),
      mayBeThrottled: false,
    };
  }
  const isReset = codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
  const isClosed = error === null || isReset || error.message.startsWith('Connection lost');
  if (!isClosed) return { failure: explainProtocol(address, error), mayBeThrottled: false };

  const how = isReset ? 'reset' : 'closed';
  if (stage === 'authentication') {
    return {
      failure: unreachable(
        `${address} ${how} the connection during the login`,
        'its log (journalctl -u ssh) says why; an account may be locked or expired',
      ),
      mayBeThrottled: false,
    };
  }
  return {
    failure:
      firstLine === ''
        ? unreachable(
            `${address} accepted the connection and ${how} it without a word`,
            'is it an SSH server, with room for another login (MaxStartups), that lets this address in?',
          )
        : unreachable(
            `${address} ${how} the connection during the key exchange`,
            'its log (journalctl -u ssh) says why',
          ),
    mayBeThrottled: true,
  };
}

/** Why a dial had not come to an end when its time was up. */
export function explainTimeout(
  address: string,
  stage: Stage,
  firstLine: string,
  timeoutMs: number,
): Failure {
  const seconds = `${timeoutMs / 1_000} s`;
  const unreachable = (message: string, hint: string) =>
    failLogin('unreachable', message, hint).failure;
  switch (stage) {
    case 'connecting':
      return unreachable(
        `${address} does not answer: no connection within ${seconds}`,
        'is the machine on, and does a firewall drop the packets?',
      );
    case 'identification':
      return firstLine === ''
        ? unreachable(
            `${address} accepted the connection and said nothing for ${seconds}`,
            'is it an SSH server, or is the machine overloaded?',
          )
        : IDENTIFICATION.test(firstLine)
          ? unreachable(
              `${address} did not finish the key exchange within ${seconds}`,
              'is the machine overloaded, or does the network lose large packets (MTU)?',
            )
          : unreachable(
              `${address} is no SSH server: it says "${shorten(firstLine)}"`,
              'is `port` right?',
            );
    case 'key-exchange':
      return unreachable(
        `${address} did not finish the key exchange within ${seconds}`,
        'is the machine overloaded?',
      );
    case 'authentication':
      return unreachable(
        `${address} did not finish the login within ${seconds}`,
        'its sshd may be waiting for a name service or a directory (UseDNS, PAM)',
      );
  }
}

function explainProtocol(address: string, error: Error): Failure {
  const unmatched = /no matching (.+)$/.exec(error.message);
  if (unmatched) {
    return failLogin(
      'unreachable',
      `${address} and playbook have no ${unmatched[1]} in common`,
      'bring its sshd up to date, or name what it offers in ssh_config (KexAlgorithms, HostKeyAlgorithms, Ciphers, MACs) with `use_ssh_config: true`',
    ).failure;
  }
  return failLogin(
    'unreachable',
    `the SSH handshake with ${address} failed: ${error.message}`,
    'see what `ssh -v` says',
  ).failure;
}

function shorten(line: string): string {
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
