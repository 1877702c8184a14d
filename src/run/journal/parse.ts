import type { HeldRun, Holding, KeptResults } from './holding.js';
import { decodeRecord, type JournalRecord } from './record.js';

/** What a journal tells, read with as much caution as its state asks for. */
export interface JournalContent {
  /** Runs in the order in which they were opened, also those that hold nothing any more. */
  readonly runs: readonly ParsedRun[];
  /** Something was lost: of a run that is told of, or of one that is not. */
  readonly isDamaged: boolean;
}

export interface ParsedRun extends Omit<HeldRun, 'controller' | 'machine' | 'at' | 'nodes'> {
  /** `null`: the opening could not be read. */
  readonly opening: Pick<HeldRun, 'controller' | 'machine' | 'at' | 'nodes'> | null;
  /** A line could not be read that may have been an entry of this run. */
  readonly isDamaged: boolean;
}

interface RunUnderConstruction {
  opening: ParsedRun['opening'];
  isDamaged: boolean;
  readonly bases: Map<string, readonly string[]>;
  readonly open: Map<number, Holding>;
  readonly kept: Map<number, KeptResults>;
}

/**
 * Reads a journal. A line that cannot be read may have been an entry, of any run that was open by then; an entry whose
 * strike cannot be read stays. The last line may be torn, and that intent was never carried out; but who can tell it from
 * one that was damaged later?
 *
 * @param isCut Its end is missing, and with it any number of lines.
 */
export function parseJournal(text: string, isCut = false): JournalContent {
  // The room that was reserved after the last line is empty lines.
  const lines = text.split('\n').filter((line) => line !== '');
  const runs = new Map<string, RunUnderConstruction>();
  let isDamaged = false;
  const lose = () => {
    isDamaged = true;
    for (const run of runs.values()) run.isDamaged = true;
  };
  for (const line of lines) {
    const record = decodeRecord(line);
    if (record) apply(record, runs);
    else lose();
  }
  if (isCut) lose();
  return {
    runs: [...runs].map(([run, found]) => ({
      run,
      ...found,
      isDamaged: found.isDamaged || found.opening === null,
    })),
    isDamaged,
  };
}

function apply(record: JournalRecord, runs: Map<string, RunUnderConstruction>): void {
  const run = runs.get(record.run) ?? {
    opening: null,
    isDamaged: false,
    bases: new Map<string, readonly string[]>(),
    open: new Map<number, Holding>(),
    kept: new Map<number, KeptResults>(),
  };
  runs.set(record.run, run);
  switch (record.type) {
    case 'opened': {
      const { controller, machine, at, nodes } = record;
      run.opening = { controller, machine, at, nodes };
      break;
    }
    case 'bases':
      run.bases.set(record.node, [...(run.bases.get(record.node) ?? []), ...record.paths]);
      break;
    case 'entered':
      run.open.set(record.id, record.holding);
      break;
    case 'kept':
      run.kept.set(record.id, record.results);
      break;
    case 'struck':
      run.open.delete(record.id);
      run.kept.delete(record.id);
      break;
  }
}
