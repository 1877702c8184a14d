import { NodeError } from '../errors.js';
import { readComplaint } from '../node/complaint.js';
import { safeName } from './entry-name.js';
import { END_OF_MESSAGES } from './scripts.js';

/** What `SEND` says when it is done. */
export interface Report {
  /** What programs complained about. */
  readonly messages: string;
  /** Of what was sent, as hex. */
  readonly sha256: string;
  /** The rest of the report, a byte to a character. */
  readonly details: string;
}

/** @throws NodeError where what was sent is not all there was. */
export function parseReport(stderr: Buffer): Report {
  // A byte to a character: names need not be UTF-8.
  const text = stderr.toString('latin1');
  const begin = text.lastIndexOf(`\n${END_OF_MESSAGES}\n`);
  if (begin < 0) throw readComplaint(stderr.toString());
  const messages = text.slice(0, begin);
  const details = text.slice(begin + END_OF_MESSAGES.length + 2);
  const [, sha256] = /^([0-9a-f]{64})\b/m.exec(details) ?? [];
  if (sha256 === undefined || /^(failed|tee [1-9]\d*)$/m.test(details)) {
    throw readComplaint(Buffer.from(messages, 'latin1').toString());
  }
  return { messages, sha256, details };
}

/** What the file has become since. */
export function parseSizeNow({ details }: Report): number {
  const [, size] = /^now (\d+)$/m.exec(details) ?? [];
  if (size === undefined) throw new NodeError('the file is gone');
  return Number(size);
}

/** GNU tar's words for a file that was not the same when it had been read. */
const CHANGED =
  /^tar: (.*): (?:file changed as we read it|File shrank by \d+ bytes; padding with zeros)$/;
/** It was there when the folder was read: as if it had gone a moment earlier. */
const VANISHED = /^tar: .*: File removed before we read it$/;
/** Says nothing about what was sent. */
const HARMLESS =
  /^$|: socket ignored$|^tar: Exiting with failure status due to previous errors$|time stamp/;

/**
 * Names of files, below the folder, that have to be read again because they were written to meanwhile.
 *
 * @param received What came of each file, in bytes; `undefined` where none of that name did.
 * @throws NodeError where tar failed for another reason; EntryRefused where a name leads out of the folder.
 */
export function findChanged(
  { messages, details }: Report,
  received: (name: Buffer) => number | undefined,
): Buffer[] {
  const changed = new Set<string>();
  const others: string[] = [];
  for (const line of messages.split('\n')) {
    const [, name] = CHANGED.exec(line) ?? [];
    if (name !== undefined) changed.add(unescapeName(name));
    else if (!VANISHED.test(line) && !HARMLESS.test(line)) others.push(line);
  }
  const [, status] = /^tar (\d+)$/m.exec(details) ?? [];
  if (status !== '0' && (status !== '1' || others.length > 0)) {
    throw readComplaint(Buffer.from(messages, 'latin1').toString());
  }
  for (const [name, size] of parseSizes(details)) {
    if (received(safeName(name)) !== size) changed.add(name);
  }
  return [...changed].map(safeName).filter((name) => received(name) !== undefined);
}

/** `SIZE/./NAME`: names may hold newlines, but none holds `/./`. */
function parseSizes(details: string): [name: string, size: number][] {
  const starts = [...details.matchAll(/(?:^|\n)(\d+)\/(?=\.\/)/g)];
  return starts.map((match, index) => {
    const begin = match.index + match[0].length;
    const end = starts[index + 1]?.index ?? details.length;
    return [details.slice(begin, end).replace(/\n$/, ''), Number(match[1])];
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** GNU tar writes names as C does: `\n`, `\\`, `\303`. */
function unescapeName(name: string): string {
  return name.replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, letter: string) =>
    octal === undefined
      ? (ESCAPES[letter] ?? letter)
      : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
