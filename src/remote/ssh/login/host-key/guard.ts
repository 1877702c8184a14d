import { formatAddress } from '../address.js';
import type { Failure, Outcome } from '../../../../model/failure.js';
import type { LoginTarget } from '../target.js';
import type { KnownHostsFiles } from './known-hosts-files.js';
import { fingerprint, judgeHostKey, knownKeyTypes, lookUpHost } from './verify.js';
import { keyTypeOf } from './known-hosts.js';

/** Judges the host key of one dial by its target's policy. */
export interface HostKeyGuard {
  /** The types to ask for first. */
  readonly knownKeyTypes: readonly string[];
  /** Whether to go on with a host that shows this key. */
  accepts(key: Buffer): boolean;
  /** Why it did not accept; `null` while there is nothing to say. */
  failure(): Failure | null;
  /**
   * To be waited for before a credential is sent: by now the host has proved that the key is its own, and a new one is
   * put on record.
   */
  settled(): Promise<Failure | null>;
}

/**
 * @param way The hops that lead to the target, the nearest first.
 * @param warn For what the user should know of: a new key, checking switched off.
 */
export async function createHostKeyGuard(
  target: LoginTarget,
  way: readonly LoginTarget[],
  files: KnownHostsFiles,
  warn: (message: string) => void,
): Promise<Outcome<HostKeyGuard>> {
  const { hostKey: check } = target;
  const address = formatAddress(target.host, target.port);
  const who = target.isHop ? `jump host ${target.name}` : target.name;
  const record = await files.lookUp(check);
  // What is not checked need not be readable.
  if (!record.ok && check.policy !== 'off') return record;
  const onRecord = record.ok ? record.value : lookUpHost(check, []);
  if (check.policy === 'off') {
    warn(
      `${who}: the host key of ${address} is not checked (host_key: off), so whoever answers there gets the credentials`,
    );
  }

  let failure: Failure | null = null;
  let accepted: Buffer | null = null;
  let isNew = false;
  let settling: Promise<Failure | null> | null = null;

  const putOnRecord = async (key: Buffer): Promise<Failure | null> => {
    const added = await files.add(check, key, address);
    const [file] = check.userFiles;
    const shown = `${keyTypeOf(key)} ${fingerprint(key)}`;
    switch (added.result) {
      case 'added':
        warn(`${who}: the host key of ${address} was not known and is now: ${shown} (${file})`);
        return null;
      case 'known':
        return null;
      case 'refused':
        failure = added.failure;
        return failure;
      case 'not-written':
        warn(
          `${who}: the host key of ${address} was accepted and could not be written to ${file}: ${added.reason}`,
        );
        return null;
    }
  };

  const guard: HostKeyGuard = {
    knownKeyTypes: knownKeyTypes(onRecord),
    accepts(key) {
      // Keys are exchanged anew from time to time; the host stays who it was.
      if (accepted !== null) return accepted.equals(key);
      const judged = judgeHostKey(onRecord, key, address, way);
      const isOff = check.policy === 'off';
      switch (judged.verdict) {
        case 'known':
          break;
        case 'unknown':
          if (check.policy === 'strict') failure = judged.failure;
          isNew = check.policy === 'accept-new';
          break;
        case 'refused':
          if (!isOff || judged.isRevoked) failure = judged.failure;
          break;
      }
      if (failure !== null) return false;
      accepted = Buffer.from(key);
      return true;
    },
    failure: () => failure,
    settled() {
      settling ??= isNew && accepted !== null ? putOnRecord(accepted) : Promise.resolve(null);
      return settling;
    },
  };
  return { ok: true, value: guard };
}
