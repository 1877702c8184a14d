import type { Outcome } from '../model/failure.js';
import type { Artifact } from '../model/result.js';
import { fileFailure } from './files/file-failure.js';
import { hashFiles } from './files/file-hashes.js';
import { ARTIFACTS, NODES } from './layout.js';

/**
 * Lists what a scenario has brought home: every file below `test_artifacts/` and `nodes/`, sorted by path, with the
 * size and the sha256 of the bytes as they are stored.
 *
 * @param scenarioFolder Absolute.
 */
export async function takeInventory(scenarioFolder: string): Promise<Outcome<readonly Artifact[]>> {
  try {
    const files = await hashFiles(scenarioFolder, [ARTIFACTS, NODES]);
    const artifacts = files.map(({ path, path_encoded, size, sha256 }) => ({
      path,
      ...(path_encoded === undefined ? {} : { path_encoded }),
      size,
      sha256,
    }));
    return { ok: true, value: artifacts };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read ${scenarioFolder}`) };
  }
}
