import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Both ends of a pipe, as file descriptors that whoever takes the pipe has to close. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * Real pipes for the streams of programs. What Node connects children with are sockets, and those cannot be opened by
 * name: `echo oops > /dev/stderr` fails in a script, `tee /dev/stderr` does, and so does `cat /dev/stdin`.
 */
export interface PipeSupply {
  /** `null` where pipes cannot be made: no `mkfifo`, no writable temporary folder, no descriptor left. */
  take(): Promise<Pipe | null>;
  /** Closes those not taken. */
  close(): void;
}

/** Starting `mkfifo` costs a few milliseconds, so pipes are made in stock: so many, or as many as are waited for. */
const BATCH = 16;
/** Of the folders in which they get their names, each for some milliseconds. */
const PREFIX = 'playbook-pipes-';
/** What is older was left by somebody who was killed in these milliseconds. */
const ABANDONED_MS = 60_000;

export function createPipeSupply(): PipeSupply {
  let stock: Pipe[] = [];
  /** Resolves with whether any were made. */
  let refilling: Promise<boolean> | null = null;
  let waiting = 0;
  let isClosed = false;
  let hasTidiedUp = false;

  const refill = async () => {
    if (!hasTidiedUp) void removeAbandoned();
    hasTidiedUp = true;
    const made = await makePipes(Math.max(BATCH, 2 * waiting));
    if (isClosed) made.forEach(closePipe);
    else stock.push(...made);
    refilling = null;
    return made.length > 0;
  };

  return {
    async take() {
      waiting += 1;
      let canRefill = true;
      while (stock.length === 0 && canRefill && !isClosed)
        canRefill = await (refilling ??= refill());
      waiting -= 1;
      return stock.pop() ?? null;
    },
    close() {
      isClosed = true;
      stock.forEach(closePipe);
      stock = [];
    },
  };
}

export function closePipe(pipe: Pipe): void {
  closeSync(pipe.readEnd);
  closeSync(pipe.writeEnd);
}

/** Node has no `pipe(2)`: named ones are made, opened and unlinked. */
async function makePipes(count: number): Promise<Pipe[]> {
  const pipes: Pipe[] = [];
  let folder: string | null = null;
  try {
    folder = await mkdtemp(path.join(tmpdir(), PREFIX));
    const names = Array.from({ length: count }, (_, index) =>
      path.join(String(folder), `${index}`),
    );
    await makeFifos(names);
    for (const name of names) pipes.push(openPipe(name));
  } catch {
    // Not fatal: the caller falls back to sockets, and what was opened is used.
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
  return pipes;
}

/** Nobody else would ever find them: they bear no marks of a run. */
async function removeAbandoned(): Promise<void> {
  const entries = await readdir(tmpdir()).catch(() => []);
  for (const name of entries.filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(tmpdir(), name);
    try {
      const ageMs = Date.now() - (await lstat(folder)).mtimeMs;
      if (ageMs > ABANDONED_MS) await rm(folder, { recursive: true });
    } catch {
      // It is gone meanwhile, or another user's.
    }
  }
}

/** In a session of its own: a Ctrl-C on the terminal is not meant for it. */
async function makeFifos(names: readonly string[]): Promise<void> {
  const options = { stdio: 'ignore', detached: true } as const;
  const [status] = (await once(spawn('mkfifo', ['-m', '600', ...names], options), 'exit')) as [
    number | null,
  ];
  if (status !== 0) throw new Error('mkfifo failed');
}

function openPipe(name: string): Pipe {
  // Opening one end waits for the other, unless it is told not to; the ends that stay have to be blocking ones.
  const opener = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writeEnd = openSync(name, constants.O_WRONLY);
    try {
      return { writeEnd, readEnd: openSync(name, constants.O_RDONLY) };
    } catch (error) {
      closeSync(writeEnd);
      throw error;
    }
  } finally {
    closeSync(opener);
  }
}
