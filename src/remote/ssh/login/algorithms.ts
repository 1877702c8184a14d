import type { Algorithms } from 'ssh2';

/** Lists in order of preference; `null`: ours. */
export interface AlgorithmChoice {
  readonly hostKey: readonly string[] | null;
  readonly kex: readonly string[] | null;
  readonly cipher: readonly string[] | null;
  readonly mac: readonly string[] | null;
}

export const DEFAULT_ALGORITHMS: AlgorithmChoice = {
  hostKey: null,
  kex: null,
  cipher: null,
  mac: null,
};

/**
 * Fastest first among the secure ones: these are native in Node's crypto. Nothing with SHA-1 or CBC; ssh_config may ask
 * for it.
 */
const PREFERRED = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  hostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  mac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
  ],
} as const;

/** What ssh2 can do beyond that, only where ssh_config names it. */
const ON_REQUEST = {
  kex: [
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group-exchange-sha1',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group1-sha1',
  ],
  hostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  mac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-sha2-256-96', 'hmac-sha2-512-96'],
} as const;

type AlgorithmKind = keyof typeof PREFERRED;

/**
 * The lists to offer.
 *
 * @param knownKeyTypes The types of the keys on record for the host: asked for first, as OpenSSH does, so that a host with
 *   several keys is not taken for one with a changed key.
 */
export function offerAlgorithms(
  choice: AlgorithmChoice,
  knownKeyTypes: readonly string[],
): Algorithms {
  const hostKey =
    choice.hostKey === null
      ? knownFirst(PREFERRED.hostKey, knownKeyTypes)
      : supported('hostKey', choice.hostKey);
  return {
    kex: supported('kex', choice.kex),
    serverHostKey: hostKey,
    cipher: supported('cipher', choice.cipher),
    hmac: supported('mac', choice.mac),
    compress: ['none'],
    // ssh2's types know fewer names than ssh2 does.
  } as Algorithms;
}

/**
 * What of a list of ssh_config can be used: names ssh2 does not know are left out, and a leading `+`, `-` or `^` changes
 * the default list, as in OpenSSH.
 */
function supported(kind: AlgorithmKind, list: readonly string[] | null): readonly string[] {
  const preferred: readonly string[] = PREFERRED[kind];
  if (list === null || list.length === 0) return preferred;
  const all: readonly string[] = [...preferred, ...ON_REQUEST[kind]];
  const first = list[0] ?? '';
  const names = [first.replace(/^[+^-]/, ''), ...list.slice(1)];
  const known = names.filter((name) => all.includes(name));
  switch (first.charAt(0)) {
    case '+':
      return [...preferred, ...known.filter((name) => !preferred.includes(name))];
    case '-':
      return preferred.filter((name) => !names.includes(name));
    case '^':
      return [...known, ...preferred.filter((name) => !known.includes(name))];
    default:
      // Better the default than nothing: the server may still understand it.
      return known.length > 0 ? known : preferred;
  }
}

function knownFirst(
  algorithms: readonly string[],
  knownKeyTypes: readonly string[],
): readonly string[] {
  const isKnown = (algorithm: string) =>
    knownKeyTypes.includes(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  return [...algorithms.filter(isKnown), ...algorithms.filter((name) => !isKnown(name))];
}
