import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import { CONTROLLER } from '../../model/node.js';
import { removeAbandonedOf, writeAtomically } from '../../results/files/atomic-file.js';
import { fileFailure } from '../../results/files/file-failure.js';
import { machineToken } from '../locks/process.js';
import { recordsOf } from './carry-over.js';
import type { HeldRun, Holding, KeptResults, NamedNode } from './holding.js';
import type { EarlierRuns, Journal } from './journal.js';
import { type LineFile, openLineFile, PIECE } from './line-file.js';
import { type JournalQuestion, journalFile, readJournal } from './read-journal.js';
import { encodeRecord, type JournalRecord } from './record.js';

export interface JournalOptions extends JournalQuestion {
  /** Hides known secrets in what is written for people. Names and paths are written as they are: they must be found again. */
  readonly mask: (text: string) => string;
  /** Whether others may have the project by now: then nothing may be begun any more. Default: it cannot be lost. */
  readonly isLost?: () => boolean;
}

/** The run that is about to begin. */
export interface OpeningRun {
  readonly run: string;
  /** ms since the epoch. */
  readonly at: number;
  /** The machines that it may put something on. */
  readonly nodes: readonly NamedNode[];
}

/** A journal in which no run was begun yet. */
export interface OpenedJournal {
  readonly earlier: EarlierRuns;
  /** Begins the journal of a run: from now on it may hold something. */
  begin(run: OpeningRun): Promise<Outcome<Journal>>;
  /** Removes the journal where nothing is held any more. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Makes a fresh journal, with what earlier runs still hold carried over, and room for what is to come: where there is none,
 * nothing may be begun. The project's lock has to be held.
 */
export async function openJournal(options: JournalOptions): Promise<Outcome<OpenedJournal>> {
  const file = journalFile(options.root);
  const read = await readJournal(options);
  if (!read.ok) return read;
  const { runs: earlier, hasLostRun } = read.value;
  const lines = earlier.flatMap(recordsOf).map(encodeRecord).join('');
  const length = Buffer.byteLength(lines);
  const filler = '\n'.repeat(PIECE - (length % PIECE));
  const made = await makeFile(file, lines + filler);
  if (!made.ok) return made;
  const opened = await openLineFile(file, length);
  if (!opened.ok) return opened;
  return {
    ok: true,
    value: keepJournal(file, opened.value, earlier, hasLostRun, options),
  };
}

async function makeFile(file: string, text: string): Promise<Outcome<void>> {
  const folder = path.dirname(file);
  try {
    await mkdir(folder, { recursive: true });
    await removeAbandonedOf(file);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not make ${folder}`) };
  }
  return writeAtomically(file, text, 0o600);
}

function keepJournal(
  file: string,
  lines: LineFile,
  found: readonly HeldRun[],
  hasLostRun: boolean,
  { controller, mask, isLost = () => false }: JournalOptions,
): OpenedJournal {
  const own: RunBooks[] = [];
  let earlier = found;
  let closed: Promise<void> | null = null;
  const isOurs = async () => !isLost() && (await lines.isInPlace());
  const write = async (record: JournalRecord, isUrgent: boolean): Promise<Outcome<void>> => {
    if (isLost()) return notOurs(file);
    const line = encodeRecord(record);
    const added = await lines.add(line, { isSynced: true, isUrgent });
    // In the file of before nobody would find it.
    return added.ok && !(await isOurs()) ? notOurs(file) : added;
  };
  const finish = async () => {
    const isEmpty = own.every((books) => books.isEmpty()) && earlier.length === 0;
    const isToGo = isEmpty && (await isOurs());
    await lines.close();
    if (isToGo) await rm(file, { force: true });
  };
  const close = () => (closed ??= finish());
  return {
    earlier: {
      hasLostRun,
      list: () => earlier,
      strike(run, ids) {
        for (const id of ids) strike(lines, run, id);
        earlier = earlier
          .map((held) => (held.run === run ? without(held, ids) : held))
          .filter(({ open, kept }) => open.size > 0 || kept.size > 0);
      },
    },
    async begin({ run, at, nodes }) {
      const machine = machineToken();
      const opening = { run, controller, machine, at: new Date(at).toISOString(), nodes };
      const written = await write({ type: 'opened', ...opening }, false);
      if (!written.ok) return written;
      const books = keepBooks(lines, write, run, mask);
      own.push(books);
      return { ok: true, value: { ...books, close } };
    },
    close,
  };
}

type RunBooks = Omit<Journal, 'close'> & { readonly isEmpty: () => boolean };

function keepBooks(
  lines: LineFile,
  write: (record: JournalRecord, isUrgent: boolean) => Promise<Outcome<void>>,
  run: string,
  mask: (text: string) => string,
): RunBooks {
  const holdings = new Map<number, Holding>();
  const kept = new Map<number, KeptResults>();
  const bases = new Map<string, string>();
  let nextId = 1;
  const strikeHolding = (id: number) => {
    if (holdings.delete(id)) strike(lines, run, id);
  };
  return {
    isEmpty: () => holdings.size === 0 && kept.size === 0,
    async enter(holding) {
      const id = nextId++;
      const shown = { ...holding, description: mask(holding.description) };
      const written = await write({ type: 'entered', run, id, holding: shown }, false);
      if (!written.ok) return written;
      holdings.set(id, shown);
      return { ok: true, value: () => strikeHolding(id) };
    },
    async noteBases(node, paths) {
      const known = JSON.stringify(paths);
      if (bases.get(node) === known) return { ok: true, value: undefined };
      const written = await write({ type: 'bases', run, node, paths }, false);
      if (written.ok) bases.set(node, known);
      return written;
    },
    async keep(results) {
      const id = nextId++;
      const written = await write({ type: 'kept', run, id, results }, true);
      if (!written.ok) return written;
      kept.set(id, results);
      for (const [own, holding] of holdings) {
        const { kind, node, scenario } = holding;
        const isSame = node === results.node && scenario === results.scenario;
        // They are not to be emptied any more.
        if (kind === 'results' && isSame) strikeHolding(own);
      }
      return { ok: true, value: undefined };
    },
    list: () => [...holdings.values()],
  };
}

function notOurs(file: string): { readonly ok: false; readonly failure: Failure } {
  return {
    ok: false,
    failure: createFailure(
      'lease_lost',
      `the project is lost: ${file} is not this run's any more`,
      {
        node: CONTROLLER,
        hint: 'was this machine suspended, or its disk away, for more than two minutes?',
      },
    ),
  };
}

/** One that is lost costs a look at a clean node, no more: nobody waits for it. */
function strike(lines: LineFile, run: string, id: number): void {
  const line = encodeRecord({ type: 'struck', run, id });
  void lines.add(line, { isSynced: false, isUrgent: true });
}

function without(held: HeldRun, ids: readonly number[]): HeldRun {
  const remaining = <T>(entries: ReadonlyMap<number, T>) =>
    new Map([...entries].filter(([id]) => !ids.includes(id)));
  return { ...held, open: remaining(held.open), kept: remaining(held.kept) };
}
