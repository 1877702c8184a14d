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

/** Nothing of a declaration is brought home. */
export function refuse(wanted: Wanted, why: string, node: string): Refused {
  return refused(nameOf(wanted), why, OUTSIDE_HINT, wanted, node);
}

/** Why one of the files of a declaration is not brought home. */
export type Unwanted =
  | { readonly why: 'outside'; readonly from: string; readonly limits: string }
  | { readonly why: 'reserved' }
  | { readonly why: 'not-utf8' };

/** @param part Relative to the declared directory, otherwise to what the declaration is relative to. */
export function refusePart(
  wanted: Wanted,
  part: string,
  unwanted: Unwanted,
  node: string,
): Refused {
  const isDirectory = wanted.kind === 'directory';
  const folder = isDirectory ? nameOf(wanted) : wanted.path.startsWith('/') ? '/' : '';
  const name = `${folder}${part}`;
  const refusedFor = (why: string, hint: string) => refused(name, why, hint, wanted, node);
  switch (unwanted.why) {
    case 'outside':
      return refusedFor(
        `it leads to ${unwanted.from}, outside of ${unwanted.limits}`,
        OUTSIDE_HINT,
      );
    case 'reserved':
      return refusedFor(
        'playbook writes a file of that name itself',
        'give it another name, or put it into a folder',
      );
    case 'not-utf8':
      return refusedFor(
        'its name is not UTF-8',
        isDirectory
          ? 'remove the links there that lead out: without them it is collected as a whole, whatever the names in it'
          : 'declare its directory in test_execution.result_paths, with a slash at the end: that is collected as a whole',
      );
  }
}

const OUTSIDE_HINT =
  'declare what lies outside with an absolute path in test_execution.result_paths';

function refused(
  what: string,
  why: string,
  hint: string,
  { source }: Wanted,
  node: string,
): Refused {
  const message = `${what} is not collected: ${why}`;
  return { ok: false, failure: createFailure('result_refused', message, { node, source, hint }) };
}

function nameOf(wanted: Wanted): string {
  return wanted.kind === 'directory' ? `${wanted.path}/` : wanted.path;
}
