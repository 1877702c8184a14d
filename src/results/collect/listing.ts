import type { CommandResult } from '../../model/command.js';
import { createFailure, type Outcome } from '../../model/failure.js';
import type { Connection } from '../../remote/connection.js';
import { createSink } from './sink.js';

/** In bytes. More names than this are no list of results, but a mistake. */
const LONGEST_LISTING = 32 * 1024 * 1024;

/** What lies at a declared path on the node. */
export interface Listing {
  /** The working folder, absolute and free of links. */
  readonly root: string;
  /** The folder that was looked into, likewise; `null` where there is none. */
  readonly folder: string | null;
  /** Files and links below the folder. */
  readonly entries: readonly ListedEntry[];
}

export interface ListedEntry {
  /** Relative to the folder. Bytes that are no UTF-8 have become U+FFFD. */
  readonly path: string;
  /** `null`: a file. */
  readonly link: LinkEnd | null;
}

/** Where a link leads in the end. */
export interface LinkEnd {
  readonly kind: 'file' | 'other' | 'nothing';
  /** Absolute and free of links; empty where it leads to nothing. */
  readonly target: string;
  /** What it says itself. */
  readonly text: string;
}

/**
 * Answers in records that end in NUL, since every other character may be part of a name: the working folder, the
 * folder that is looked into, then `f` and `l` with the names of files and links. No answer after the first record:
 * there is no such folder.
 *
 * Arguments: the working folder, the folder, and the options that limit the depth.
 */
const LIST = `
CDPATH=
cd -P -- "$1" || exit 1
printf '%s\\0' "$PWD"
cd -P -- "$2" 2>/dev/null || exit 0
printf '%s\\0' "$PWD"
shift 2
exec find . "$@" -type f -exec printf 'f%s\\0' {} + -o -type l -exec printf 'l%s\\0' {} +
`;

/**
 * Two records for each of the links below the first argument: what it says; and `f` for a file or `o` for something else,
 * and where it is, empty where there is nothing. The `x` keeps newlines at the end of a name.
 */
const RESOLVE = `
cd -P -- "$1" || exit 1
shift
for link do
  end=
  if [ -f "$link" ]; then end=f; elif [ -e "$link" ]; then end=o; fi
  if [ "$end" ]; then end=$end$(readlink -f -- "$link"; printf x); fi
  printf '%s\\0%s\\0' "$(readlink -- "$link"; printf x)" "$end"
done
`;

/** Links are asked about in groups, since a command line has a limit. */
const LINKS_AT_ONCE = 500;

/**
 * Looks at a folder on the node.
 *
 * @param root The working folder, absolute.
 * @param folder Absolute, or relative to the root.
 * @param depth How many levels to go down; 0 for none, `null` for all.
 */
export async function listFolder(
  connection: Connection,
  root: string,
  folder: string,
  depth: number | null,
  signal: AbortSignal,
): Promise<Outcome<Listing>> {
  const limit = depth === null ? [] : ['-maxdepth', String(depth)];
  const answer = await ask(connection, LIST, [root, folder, ...limit], signal);
  if (!answer.ok) return answer;
  const [realRoot, realFolder, ...names] = answer.value;
  if (realRoot === undefined) throw new Error('the listing has no first record');
  if (realFolder === undefined) {
    return { ok: true, value: { root: realRoot, folder: null, entries: [] } };
  }
  const named = names.map((name) => ({
    isLink: name.startsWith('l'),
    path: name.slice('f./'.length),
  }));
  const astray = named.find(({ path }) => !isBelow(path));
  if (astray) {
    const what = `the node listed ${JSON.stringify(astray.path)} below ${realFolder}, which leads elsewhere`;
    return { ok: false, failure: createFailure('transfer', what, { node: connection.node }) };
  }
  const links = named.filter(({ isLink }) => isLink).map(({ path }) => path);
  const ends = await resolveLinks(connection, realFolder, links, signal);
  if (!ends.ok) return ends;
  const entries = named.map(({ path }) => ({ path, link: ends.value.get(path) ?? null }));
  return { ok: true, value: { root: realRoot, folder: realFolder, entries } };
}

/** The node is not trusted, and files here get these names. */
function isBelow(name: string): boolean {
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

async function resolveLinks(
  connection: Connection,
  folder: string,
  links: readonly string[],
  signal: AbortSignal,
): Promise<Outcome<ReadonlyMap<string, LinkEnd>>> {
  const ends = new Map<string, LinkEnd>();
  for (let start = 0; start < links.length; start += LINKS_AT_ONCE) {
    const group = links.slice(start, start + LINKS_AT_ONCE);
    const args = [folder, ...group.map((link) => `./${link}`)];
    const answer = await ask(connection, RESOLVE, args, signal);
    if (!answer.ok) return answer;
    group.forEach((link, index) => {
      const [text = '', end = ''] = answer.value.slice(2 * index);
      ends.set(link, parseEnd(text, end));
    });
  }
  return { ok: true, value: ends };
}

function parseEnd(said: string, end: string): LinkEnd {
  const text = withoutMark(said);
  if (end === '') return { kind: 'nothing', target: '', text };
  return { kind: end.startsWith('f') ? 'file' : 'other', target: withoutMark(end.slice(1)), text };
}

function withoutMark(answer: string): string {
  return answer.replace(/\n?x$/, '');
}

/** Runs a script on the node and takes its answer apart. */
async function ask(
  connection: Connection,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Outcome<readonly string[]>> {
  const sink = createSink(LONGEST_LISTING);
  const result = await connection.exec(
    { argv: ['/bin/sh', '-c', script, 'sh', ...args] },
    { signal, stdout: sink.stream },
  );
  const { node } = connection;
  if (result.termination === 'cancelled') {
    return { ok: false, failure: createFailure('cancelled', 'collecting was cancelled', { node }) };
  }
  if (result.termination === 'connection-lost') {
    const failure = createFailure('connection_lost', `connection lost: ${result.reason}`, { node });
    return { ok: false, failure };
  }
  if (result.termination !== 'exited' || result.exitCode !== 0) {
    const failure = createFailure('transfer', `could not list the results: ${describe(result)}`, {
      node,
    });
    return { ok: false, failure };
  }
  if (sink.isFull()) {
    const failure = createFailure('transfer', 'there are too many files to list', {
      node,
      hint: 'name the directory in result_paths (with a slash at the end) instead of a pattern',
    });
    return { ok: false, failure };
  }
  const records = sink.content().toString().split('\0');
  return { ok: true, value: records.slice(0, -1) };
}

function describe(result: CommandResult): string {
  const [message = ''] = result.stderr.toString().trim().split('\n').slice(-1);
  if (message !== '') return message;
  switch (result.termination) {
    case 'exited':
      return `find exited with status ${result.exitCode}`;
    case 'signalled':
      return `find was killed by ${result.signal}`;
    case 'not-started':
    case 'connection-lost':
      return result.reason;
    case 'timed-out':
    case 'cancelled':
      return result.termination;
  }
}
