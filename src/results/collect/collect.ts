import path from 'node:path';

import pLimit from 'p-limit';

import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { ResultPath } from '../../model/scenario.js';
import type { Connection, TransferSummary } from '../../remote/connection.js';
import { partsOf, resolveLink } from '../../remote/transfer/scan.js';
import { parseFilePattern } from './glob.js';
import { type ListedEntry, listFolder } from './listing.js';
import { type Unwanted, type Wanted, missing, refuse, refusePart } from './refusal.js';

export interface CollectOptions {
  readonly connection: Connection;
  /** The script's working folder on the node, absolute: what relative paths are relative to. */
  readonly workingFolder: string;
  /** What `result_paths` declares. */
  readonly resultPaths: readonly ResultPath[];
  /**
   * A folder on the node for results that nothing declares, absolute: what it holds goes to the top of the destination.
   * It may be empty.
   */
  readonly undeclared: string | null;
  /** The folder for the artifacts here, absolute; it exists. */
  readonly destination: string;
  /** Names at the top of the destination that are not for results: the script's own logs. */
  readonly reserved?: readonly string[];
  readonly signal: AbortSignal;
  /** Told what is here so far, of all that is collected. */
  readonly onProgress?: (copied: TransferSummary) => void;
}

export interface Collection extends TransferSummary {
  /** What was declared and is not there, what was refused, what did not get here; in the order of the declarations. */
  readonly failures: readonly Failure[];
}

/** Files of one declaration that are fetched one by one. */
const FETCHES_AT_ONCE = 4;

/**
 * Brings the declared results home, each under its own path: `results/` to `results/`, `/data/out/` to `data/out/`.
 * One that is missing, or that leads out of the working folder, keeps none of the others from being collected.
 */
export async function collectArtifacts(asked: CollectOptions): Promise<Collection> {
  const options = { ...asked, connection: counting(asked.connection, asked.onProgress) };
  const fetched: Outcome<TransferSummary>[] = [];
  for (const declared of options.resultPaths) {
    if (options.signal.aborted) break;
    const outcomes =
      declared.kind === 'directory'
        ? await fetchDirectory(declared, options)
        : await fetchFiles(declared, options);
    fetched.push(...outcomes);
  }
  if (options.undeclared !== null && !options.signal.aborted) {
    fetched.push(...(await fetchUndeclared(options.undeclared, options)));
  }
  const copied = fetched.flatMap((outcome) => (outcome.ok ? [outcome.value] : []));
  const failures = fetched.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
  return {
    files: copied.reduce((sum, { files }) => sum + files, 0),
    bytes: copied.reduce((sum, { bytes }) => sum + bytes, 0),
    failures: options.signal.aborted ? sayStopped(failures, options) : failures,
  };
}

/** The same connection, whose downloads tell their sum. */
function counting(connection: Connection, onProgress: CollectOptions['onProgress']): Connection {
  let files = 0;
  let bytes = 0;
  return {
    ...connection,
    download(from, to, options) {
      let last: TransferSummary = { files: 0, bytes: 0 };
      return connection.download(from, to, {
        ...options,
        onProgress(copied) {
          files += copied.files - last.files;
          bytes += copied.bytes - last.bytes;
          last = copied;
          onProgress?.({ files, bytes });
        },
      });
    },
  };
}

/** What was under way and what had not begun is one failure. */
function sayStopped(failures: readonly Failure[], { connection }: CollectOptions): Failure[] {
  const message = 'collecting was stopped before all results were here';
  const stopped = createFailure('transfer', message, { node: connection.node });
  return [...failures.filter(({ kind }) => kind !== 'cancelled'), stopped];
}

type Fetched = readonly Outcome<TransferSummary>[];

async function fetchDirectory(declared: ResultPath, options: CollectOptions): Promise<Fetched> {
  const { connection, workingFolder, signal } = options;
  const target = targetOf(declared.path);
  if (target === null)
    return [refuse(declared, 'it leads out of the working folder', connection.node)];
  const listed = await listFolder(connection, workingFolder, declared.path, null, signal);
  if (!listed.ok) return [listed];
  const { folder, root, entries } = listed.value;
  if (folder === null) return [missing(declared, 'there is no such directory', connection.node)];
  if (!declared.isAbsolute && !isInside(root, folder)) {
    return [
      refuse(declared, `it is a link to ${folder}, outside of the working folder`, connection.node),
    ];
  }
  if (!entries.some(isFile)) return [missing(declared, 'there is no file in it', connection.node)];
  return fetchContent(declared, entries, folder, target, options);
}

async function fetchUndeclared(undeclared: string, options: CollectOptions): Promise<Fetched> {
  const { connection, workingFolder, signal } = options;
  const listed = await listFolder(connection, workingFolder, undeclared, null, signal);
  if (!listed.ok) return [listed];
  const { folder, entries } = listed.value;
  if (folder === null || !entries.some(isFile)) return [];
  const wanted: Wanted = { path: undeclared, kind: 'directory', source: null };
  return fetchContent(wanted, entries, folder, '.', options);
}

async function fetchContent(
  wanted: Wanted,
  entries: readonly ListedEntry[],
  folder: string,
  target: string,
  options: CollectOptions,
): Promise<Fetched> {
  const { connection, destination, reserved = [] } = options;
  const isClean = entries.every(
    (entry) => staysInside(entry, folder) && !reserved.includes(path.join(target, entry.path)),
  );
  if (isClean) {
    const to = path.join(destination, target);
    return [await connection.download(folder, to, { signal: options.signal })];
  }
  // What is refused is no reason to lose the rest.
  return fetchOneByOne(wanted, entries, folder, target, folder, options);
}

/** Whether it is the same in a copy of the folder: a link that leads to nothing leads to nothing there, too. */
function staysInside({ path: name, link }: ListedEntry, folder: string): boolean {
  if (link === null) return true;
  if (link.kind !== 'nothing') return isInside(folder, link.target);
  // Only above the link itself is it known to be folders what `..` leaves.
  const parts = partsOf(link.text);
  const isWayBack = (part: string, index: number) =>
    part === '..' && index > 0 && parts[index - 1] !== '..';
  if (parts.some(isWayBack)) return false;
  return resolveLink(Buffer.from(name), Buffer.from(link.text), [Buffer.from(folder)]) !== null;
}

function isFile({ link }: ListedEntry): boolean {
  return link === null || link.kind === 'file';
}

async function fetchFiles(declared: ResultPath, options: CollectOptions): Promise<Fetched> {
  const { connection, workingFolder, signal } = options;
  const target = targetOf(declared.path);
  if (target === null)
    return [refuse(declared, 'it leads out of the working folder', connection.node)];
  const pattern = parseFilePattern(declared.isAbsolute ? `/${target}` : target);
  const listed = await listFolder(connection, workingFolder, pattern.base, pattern.depth, signal);
  if (!listed.ok) return [listed];
  const { folder, root, entries } = listed.value;
  const found = entries.filter((entry) => pattern.matches(entry.path) && isFile(entry));
  if (folder === null || found.length === 0) {
    return [missing(declared, 'there is no such file', connection.node)];
  }
  // A path from the root of the file system that names one file may name a link to anywhere: it was asked for by name.
  const limits = declared.isAbsolute ? (pattern.isLiteral ? '/' : folder) : root;
  const base = targetOf(pattern.base) ?? '.';
  return fetchOneByOne(declared, found, folder, base, limits, options);
}

/**
 * @param folder Where the entries lie, on the node.
 * @param target The folder below the destination where they go.
 * @param limits The folder on the node that nothing may lead out of.
 */
async function fetchOneByOne(
  wanted: Wanted,
  entries: readonly ListedEntry[],
  folder: string,
  target: string,
  limits: string,
  options: CollectOptions,
): Promise<Fetched> {
  const { connection, destination, reserved = [] } = options;
  const limit = pLimit(FETCHES_AT_ONCE);
  const fetch = async (entry: ListedEntry): Promise<Outcome<TransferSummary>> => {
    const to = path.join(target, entry.path);
    const from = entry.link?.target ?? path.posix.join(folder, entry.path);
    const part = wanted.kind === 'directory' ? entry.path : to;
    const refused = (why: Unwanted) => refusePart(wanted, part, why, connection.node);
    if (!isInside(limits, from)) return refused({ why: 'outside', from, limits });
    if (reserved.includes(to)) return refused({ why: 'reserved' });
    if (from.includes('\ufffd')) return refused({ why: 'not-utf8' });
    return connection.download(from, path.join(destination, to), { signal: options.signal });
  };
  const present = entries.filter(({ link }) => link?.kind !== 'nothing');
  return Promise.all(present.map((entry) => limit(() => fetch(entry))));
}

/** Where a declared path goes below the destination; `null` where it climbs out of it. */
function targetOf(declared: string): string | null {
  const relative = path.posix.normalize(declared).replace(/^\/+|\/+$/g, '');
  return relative === '..' || relative.startsWith('../') ? null : relative;
}

function isInside(folder: string, file: string): boolean {
  return file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
