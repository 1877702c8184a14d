import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { isMissing } from '../files/file-failure.js';

/** Stands for a secret: equal for equal secrets in equal places, and useless without the project's key. */
export interface Sealed {
  readonly sealed: string;
}

/** Puts secrets away so that they can be compared, and not be read. */
export interface Seal {
  readonly seal: (place: string, secret: string) => Sealed;
  /** Whether there was anything to seal. */
  readonly isUsed: () => boolean;
  /** Tells seals with different keys apart. */
  readonly keyId: string;
}

const KEY_BYTES = 32;

export function createSeal(key: Buffer): Seal {
  let isUsed = false;
  return {
    seal(place, secret) {
      isUsed = true;
      const hmac = createHmac('sha256', key).update(`${place}\0${secret}`);
      return { sealed: hmac.digest('hex') };
    },
    isUsed: () => isUsed,
    keyId: createHash('sha256').update(key).digest('hex').slice(0, 12),
  };
}

/** Seals with a key that nobody knows: what it makes is like nothing else. */
export function createThrowawaySeal(): Seal {
  return createSeal(randomBytes(KEY_BYTES));
}

/**
 * The seal of a project; `null` where it has no key yet.
 *
 * @param root The project's root, absolute.
 * @throws What the file system says.
 */
export async function readSeal(root: string): Promise<Seal | null> {
  try {
    const key = Buffer.from((await readFile(keyFile(root), 'utf8')).trim(), 'hex');
    return key.length === KEY_BYTES ? createSeal(key) : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * The seal of a project, whose key is made where it has none.
 *
 * @throws What the file system says.
 */
export async function provideSeal(root: string): Promise<Seal> {
  const present = await readSeal(root);
  if (present) return present;
  const file = keyFile(root);
  await mkdir(path.dirname(file), { recursive: true });
  const key = randomBytes(KEY_BYTES);
  await writeFile(file, `${key.toString('hex')}\n`, { mode: 0o600 });
  return createSeal(key);
}

function keyFile(root: string): string {
  return path.join(root, '.playbook', 'inputs.key');
}
