import type { Leftover } from '../../deploy/backend.js';
import type { ProcessIdentity } from '../locks/process.js';
import { parseSweep } from '../sweep/report.js';

/** Who holds a machine, as the machine tells it. */
export interface Holder {
  readonly id: string;
  readonly run: string;
  readonly controller: string;
  /** The machine that runs playbook, who runs it there, and as which process. */
  readonly machine: string;
  readonly user: string;
  readonly pid: string;
  /** That process, as its own machine can tell it from others; `null`: the lease does not say. */
  readonly process: ProcessIdentity | null;
  /** The project's root there. */
  readonly project: string;
  /** For people: by the clock of the holder's machine. */
  readonly since: string;
  /** For how long it is held after it was renewed, in seconds. */
  readonly leaseSeconds: number | null;
  /** Since it was renewed; `null`: nobody knows. */
  readonly ageSeconds: number | null;
  /** Never renewed: its run may still be getting its machines, and give this one back where it cannot have them all. */
  readonly isNew: boolean;
  /** Somebody there cleans up when it is not renewed. */
  readonly isWatched: boolean;
}

/** What a watchdog has done while nobody was there. */
export interface WatchdogNote {
  readonly run: string;
  /** The project's root on its own machine. */
  readonly project: string;
  /** By the machine's clock. */
  readonly at: string;
  /** For how long the lease was not renewed. */
  readonly waitedSeconds: number | null;
  /** It was not waited for any longer: `playbook unlock`. */
  readonly isBroken: boolean;
  readonly removed: readonly Leftover[];
  readonly left: readonly Leftover[];
  readonly trouble: readonly string[];
}

/** What the lease says is to be swept, as absolute paths there; see the broom. Only told to whoever reads it. */
export interface Pairs {
  readonly bases: readonly string[];
  readonly emptied: readonly string[];
  readonly kept: readonly string[];
}

export interface LeaseAnswer {
  readonly word: string;
  /** What goes with the word. */
  readonly text: string;
  readonly holder: Holder | null;
  readonly pairs: Pairs;
  /** Whose lease was taken over. */
  readonly taken: Holder | null;
  /** Of the one that was taken over. */
  readonly removed: readonly Leftover[];
  readonly left: readonly Leftover[];
  readonly trouble: readonly string[];
  readonly watchdog: string | null;
  readonly notes: readonly WatchdogNote[];
}

/** @param text What the script prints; see there. @returns `null` where it has not come to an end. */
export function parseLeaseAnswer(text: string, node: string): LeaseAnswer | null {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const [, word, ...rest] = lines.find(([first]) => first === 'answer') ?? [];
  if (word === undefined) return null;
  const last = (name: string) => lines.findLast(([first]) => first === name)?.[1] ?? null;
  const { removed, left, trouble } = parseSweep(text, node);
  const pairs = (kind: string) =>
    lines
      .filter(([first, second]) => first === 'pair' && second === kind)
      .map(([, , ...value]) => value.join('\t'));
  return {
    word,
    text: rest.join(' '),
    holder: readHolder(lines, 'holder', {
      ageSeconds: asNumber(last('age') ?? ''),
      isNew: last('renewed') === 'never',
      isWatched: last('watchdog') === 'alive',
    }),
    pairs: { bases: pairs('base'), emptied: pairs('emptied'), kept: pairs('kept') },
    taken: readHolder(lines, 'taken', { ageSeconds: null, isNew: false, isWatched: false }),
    removed,
    left,
    trouble,
    watchdog: last('watchdog'),
    notes: readNotes(lines, node),
  };
}

type Lines = readonly (readonly string[])[];

function readHolder(
  lines: Lines,
  word: string,
  state: Pick<Holder, 'ageSeconds' | 'isNew' | 'isWatched'>,
): Holder | null {
  const values = new Map(
    lines.filter(([first]) => first === word).map(([, name = '', value = '']) => [name, value]),
  );
  if (!values.has('holder')) return null;
  const of = (name: string) => values.get(name) ?? '';
  return {
    id: of('holder'),
    run: of('run'),
    controller: of('controller'),
    machine: of('machine'),
    user: of('user'),
    pid: of('pid'),
    process: readProcess(of('process')),
    project: of('project'),
    since: of('since'),
    leaseSeconds: asNumber(of('lease')),
    ...state,
  };
}

function readProcess(json: string): ProcessIdentity | null {
  try {
    const found = JSON.parse(json) as Partial<ProcessIdentity> | null;
    const isWhole = typeof found?.pid === 'number' && typeof found.host === 'string';
    return isWhole ? (found as ProcessIdentity) : null;
  } catch {
    return null;
  }
}

function readNotes(lines: Lines, node: string): readonly WatchdogNote[] {
  const texts = new Map<string, string[]>();
  for (const [first, name = '', ...rest] of lines) {
    if (first !== 'note') continue;
    texts.set(name, [...(texts.get(name) ?? []), rest.join('\t')]);
  }
  return [...texts.values()].map((note) => {
    const values = new Map(note.map((line) => line.split('\t') as [string, string]));
    return {
      run: values.get('run') ?? '',
      project: values.get('project') ?? '',
      at: values.get('at') ?? '',
      waitedSeconds: asNumber(values.get('waited') ?? ''),
      isBroken: values.get('broken') === 'yes',
      ...parseSweep(note.join('\n'), node),
    };
  });
}

function asNumber(text: string): number | null {
  return /^-?\d+$/.test(text) ? Math.max(0, Number(text)) : null;
}
