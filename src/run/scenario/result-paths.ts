import path from 'node:path';

import type { ResultPath } from '../../model/scenario.js';
import type { Place } from '../place.js';

/** The absolute path (or glob) on the script's machine. */
export function resolveResultPath(place: Place, resultPath: ResultPath): string {
  return resultPath.isAbsolute
    ? resultPath.path
    : path.posix.join(place.workingFolder, resultPath.path);
}
