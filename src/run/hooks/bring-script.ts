import { randomUUID } from 'node:crypto';
import path from 'node:path';

import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import { runFolderName, type RunIdentity } from '../../model/run-identity.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../../remote/connection.js';
import { makeOwnFolder } from '../own-folder.js';
import { basesOn } from '../place.js';

/** No scenario can have this name, so none has its folder there. */
const FOLDER = '.hooks';

/** A script that lies on a machine for as long as it runs. */
export interface BroughtScript {
  /** Absolute, on the machine. */
  readonly file: string;
  /** Resolves with the failure where it is still there. */
  remove(): Promise<Failure | null>;
}

export interface ScriptDestination {
  readonly node: NodeSpec;
  readonly identity: RunIdentity;
  /** The project's root here. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Told where the run makes folders, before it does. */
  readonly noteBases: (bases: readonly string[]) => Promise<Outcome<void>>;
}

/** Puts a script below the run's own folder on a machine, where it is found whatever happens. */
export async function bringScript(
  connection: Connection,
  script: string,
  { node, identity, root, signal, noteBases }: ScriptDestination,
): Promise<Outcome<BroughtScript>> {
  const { posix } = path;
  const info = await connection.info();
  if (!info.ok) return info;
  const { work } = basesOn(node, info.value.home, root);
  const noted = await noteBases([work]);
  if (!noted.ok) return noted;
  const runFolder = posix.join(work, runFolderName(identity));
  const folder = posix.join(runFolder, FOLDER, randomUUID());
  const file = posix.join(folder, path.basename(script));
  const remove = () => removeFolder(connection, node, folder, runFolder);
  await makeOwnFolder(connection, runFolder);
  const uploaded = await connection.upload(script, file, { signal });
  if (uploaded.ok) return { ok: true, value: { file, remove } };
  // Its folder may be there all the same.
  const left = connection.isOpen() ? await remove() : null;
  return { ok: false, failure: left ? { ...left, cause: uploaded.failure } : uploaded.failure };
}

async function removeFolder(
  connection: Connection,
  node: NodeSpec,
  folder: string,
  runFolder: string,
): Promise<Failure | null> {
  // The run's own folder goes with the last thing that lies in it, and only then.
  const script =
    'rm -rf -- "$0" && { rmdir -- "${0%/*}" 2>/dev/null && rmdir -- "$1" 2>/dev/null || :; }';
  const removed = await connection.exec({ argv: ['sh', '-c', script, folder, runFolder] });
  if (removed.termination === 'exited' && removed.exitCode === 0) return null;
  return createFailure('left_behind', `${folder} could not be removed`, {
    node: node.name,
    hint: 'playbook cleanup tries again',
    output: removed.stderr.toString('utf8').trim().split('\n').slice(-5).filter(Boolean),
  });
}
