import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../../model/failure.js';
import { fileFailure, isMissing } from '../../results/files/file-failure.js';
import { listUnfinished } from '../../results/run-ids.js';
import { machineToken } from '../locks/process.js';
import { carryOver } from './carry-over.js';
import type { HeldRun, NamedNode } from './holding.js';
import { PIECE } from './line-file.js';
import { parseJournal } from './parse.js';

export interface JournalQuestion {
  /** The project's root, absolute. */
  readonly root: string;
  /** The token of this controller. */
  readonly controller: string;
  /** Every machine of the configuration: where a damaged journal does not say which ones a run used. */
  readonly machines: readonly NamedNode[];
}

/** Where a project's journal lies. */
export function journalFile(root: string): string {
  return path.join(root, '.playbook', 'journal');
}

/** What runs hold, the oldest run first; of one that is under way, as it is at this moment. Changes nothing. */
export async function readJournal({
  root,
  controller,
  machines,
}: JournalQuestion): Promise<
  Outcome<{ readonly runs: readonly HeldRun[]; readonly hasLostRun: boolean }>
> {
  const read = await readBytes(journalFile(root));
  if (!read.ok) return read;
  const content = parseJournal(read.value?.toString('utf8') ?? '', isCut(read.value));
  const unfinished = await readUnfinished(path.join(root, 'results'));
  if (!unfinished.ok) return unfinished;
  const fallback = { controller, machine: machineToken(), machines };
  const runs = carryOver(content, unfinished.value, fallback);
  const hasLostRun = content.isDamaged && content.runs.length === 0 && runs.length === 0;
  return { ok: true, value: { runs, hasLostRun } };
}

/** Where on a machine results lie that those runs could not bring home. Absolute, on the machine. */
export function keptOn(runs: readonly HeldRun[], node: string): readonly string[] {
  return runs
    .flatMap(({ kept }) => [...kept.values()])
    .filter((results) => results.node === node)
    .flatMap(({ folders, directories }) => [...folders, ...directories]);
}

/** @returns `null` where there is none. */
async function readBytes(file: string): Promise<Outcome<Buffer | null>> {
  try {
    return { ok: true, value: await readFile(file) };
  } catch (error) {
    if (isMissing(error)) return { ok: true, value: null };
    const failure = fileFailure(error, `could not read ${file}`);
    // Without a journal everything is asked.
    const hint = failure.hint ?? 'move it away, then: playbook cleanup';
    return { ok: false, failure: { ...failure, hint } };
  }
}

async function readUnfinished(folder: string): Promise<Outcome<readonly string[]>> {
  try {
    return { ok: true, value: await listUnfinished(folder) };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read ${folder}`) };
  }
}

/** Room is taken in whole pieces, from the first moment on. On a disk that was full it may be less: then it only seems so. */
function isCut(bytes: Buffer | null): boolean {
  return bytes !== null && (bytes.length === 0 || bytes.length % PIECE !== 0);
}
