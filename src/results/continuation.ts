import path from 'node:path';

import type { Outcome } from '../model/failure.js';
import { renderJson } from './document.js';
import { writeAtomically } from './files/atomic-file.js';
import { RESUMED_BY, RESUMED_FROM } from './layout.js';
import { asString, readJsonObject } from './read/json.js';

/** Which run a run continues, and which one continues it. */
export interface Continuation {
  readonly resumed_from: string | null;
  readonly resumed_by: string | null;
}

/**
 * Notes in a run's folder which run it continues: before anything else of it is told, so that it is never taken for a
 * run of its own.
 *
 * @param runFolder Absolute.
 */
export function noteFormer(runFolder: string, former: string): Promise<Outcome<void>> {
  return writeLink(path.join(runFolder, RESUMED_FROM), former);
}

/**
 * Notes in a run's folder which run continues it: last of all, since it says that somebody takes care of this one. All
 * else in the folder stays as it is.
 *
 * @param runFolder Absolute.
 */
export function noteContinuation(runFolder: string, continuation: string): Promise<Outcome<void>> {
  return writeLink(path.join(runFolder, RESUMED_BY), continuation);
}

function writeLink(file: string, run: string): Promise<Outcome<void>> {
  return writeAtomically(
    file,
    renderJson({ run }, (text) => text),
  );
}

/** @param runFolder Absolute. */
export async function readContinuation(runFolder: string): Promise<Continuation> {
  const [from, by] = await Promise.all(
    [RESUMED_FROM, RESUMED_BY].map((file) => readJsonObject(path.join(runFolder, file))),
  );
  return { resumed_from: asString(from?.['run']), resumed_by: asString(by?.['run']) };
}
