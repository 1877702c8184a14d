import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../../model/failure.js';
import { fileFailure, isMissing } from '../../results/files/file-failure.js';
import { machineToken } from '../locks/process.js';
import { carryOver } from './carry-over.js';
import type { HeldRun, NamedNode } from './holding.js';
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
  const read = await readText(journalFile(root));
  if (!read.ok) return read;
  const content = parseJournal(read.value);
  const runs = carryOver(content, { controller, machine: machineToken(), machines });
  return { ok: true, value: { runs, hasLostRun: content.hasLostRun } };
}

/** Where on a machine results lie that those runs could not bring home. Absolute, on the machine. */
export function keptOn(runs: readonly HeldRun[], node: string): readonly string[] {
  return runs
    .flatMap(({ kept }) => [...kept.values()])
    .filter((results) => results.node === node)
    .flatMap(({ folders, directories }) => [...folders, ...directories]);
}

async function readText(file: string): Promise<Outcome<string>> {
  try {
    return { ok: true, value: await readFile(file, 'utf8') };
  } catch (error) {
    if (isMissing(error)) return { ok: true, value: '' };
    return { ok: false, failure: fileFailure(error, `could not read ${file}`) };
  }
}
