import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../model/failure.js';
import { removeAbandonedOf, writeAtomically } from '../results/files/atomic-file.js';
import { fileFailure } from '../results/files/file-failure.js';
import { machineToken } from './locks/process.js';

/** Of the projects that this process has opened: a token must not change while there is something that bears it. */
const opened = new Map<string, string>();

/**
 * Sees to it that a project has an identity of its own, before anything bears its token. The project's lock has to be held.
 *
 * @returns The token.
 */
export async function openController(root: string): Promise<Outcome<string>> {
  const file = identityFile(root);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await removeAbandonedOf(file);
    if (readIdentity(file) === null) {
      const written = await writeAtomically(file, `${randomBytes(16).toString('hex')}\n`);
      if (!written.ok) return written;
    }
    const token = tokenOf(readIdentity(file) ?? '');
    opened.set(root, token);
    return { ok: true, value: token };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read ${file}`) };
  }
}

/**
 * Tells controllers apart, a machine and a project there, in all that their runs make. Of a project that no run has opened
 * yet it is one that nothing bears.
 */
export function controllerToken(root: string): string {
  const known = opened.get(root);
  if (known !== undefined) return known;
  try {
    return tokenOf(readIdentity(identityFile(root)) ?? root);
  } catch {
    return tokenOf(root);
  }
}

function identityFile(root: string): string {
  return path.join(root, '.playbook', 'identity');
}

function tokenOf(identity: string): string {
  return createHash('sha256').update(`${machineToken()}\0${identity}`).digest('hex').slice(0, 6);
}

/**
 * What was drawn for this project, and which file that is in: a copy of it is another file, while one that is moved with its
 * folder is the same.
 *
 * @returns `null` where nothing was drawn yet.
 */
function readIdentity(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const drawn = readFileSync(descriptor, 'utf8').trim();
    return drawn === '' ? null : `${drawn} ${fstatSync(descriptor, { bigint: true }).ino}`;
  } finally {
    closeSync(descriptor);
  }
}
