import path from 'node:path';

import type { Failure } from '../model/failure.js';
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
 * Links two runs to each other. All else in the folder of the former one stays as it is.
 *
 * @param resultsRoot Absolute.
 */
export async function linkRuns(
  resultsRoot: string,
  former: string,
  continuation: string,
): Promise<readonly Failure[]> {
  const write = (run: string, file: string, other: string) =>
    writeAtomically(path.join(resultsRoot, run, file), renderJson({ run: other }, (text) => text));
  // The new one knows first: a link that leads nowhere would say that somebody took care of the former run.
  const written = [
    await write(continuation, RESUMED_FROM, former),
    await write(former, RESUMED_BY, continuation),
  ];
  return written.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
}

/** @param runFolder Absolute. */
export async function readContinuation(runFolder: string): Promise<Continuation> {
  const [from, by] = await Promise.all(
    [RESUMED_FROM, RESUMED_BY].map((file) => readJsonObject(path.join(runFolder, file))),
  );
  return { resumed_from: asString(from?.['run']), resumed_by: asString(by?.['run']) };
}
