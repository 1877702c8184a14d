import { createFailure, type ResultFailure } from '../../model/failure.js';
import type { ResultPath } from '../../model/scenario.js';
import type { SourceLocation } from '../../model/source.js';

/** What a failure tells of a declaration. */
export type Wanted = Pick<ResultPath, 'path' | 'kind'> & { readonly source: SourceLocation | null };

export interface Refused {
  readonly ok: false;
  readonly failure: ResultFailure;
}

/** What was declared is not there. */
export function missing(wanted: Wanted, why: string, node: string): Refused {
  const failure = createFailure('result_missing', `${nameOf(wanted)} is missing: ${why}`, {
    node,
    source: wanted.source,
    hint: 'test_execution.result_paths declares it, so the script has to write it',
  });
  return { ok: false, failure };
}

/** What was found is not brought home. */
export function refuse(wanted: Wanted, why: string, node: string): Refused {
  const failure = createFailure('result_refused', `${nameOf(wanted)} is not collected: ${why}`, {
    node,
    source: wanted.source,
    hint: 'declare what lies outside with an absolute path in test_execution.result_paths',
  });
  return { ok: false, failure };
}

function nameOf(wanted: Wanted): string {
  return wanted.kind === 'directory' ? `${wanted.path}/` : wanted.path;
}
