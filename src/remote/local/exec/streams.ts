import type { ChildProcess, StdioOptions } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

import { type Pipe, type PipeSupply, closePipe } from './pipes.js';

/** The three standard streams of a program that is about to be started. */
export interface Streams {
  readonly stdio: StdioOptions;
  /** To be called once, right after the program was started. */
  connect(child: ChildProcess): ConnectedStreams;
  /** Instead of `connect`, where it was not. */
  discard(): void;
}

interface ConnectedStreams {
  /** `null` where standard input is empty. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export async function openStreams(supply: PipeSupply, hasStdin: boolean): Promise<Streams> {
  const taken: Pipe[] = [];
  for (let wanted = hasStdin ? 3 : 2; wanted > 0; wanted -= 1) {
    const pipe = await supply.take();
    if (pipe) taken.push(pipe);
  }
  const [stdout, stderr, stdin] = taken;
  if (stdout && stderr && (stdin || !hasStdin)) return overPipes(stdout, stderr, stdin);
  taken.forEach(closePipe);
  return overSockets(hasStdin);
}

function overPipes(stdout: Pipe, stderr: Pipe, stdin: Pipe | undefined): Streams {
  return {
    stdio: [stdin?.readEnd ?? 'ignore', stdout.writeEnd, stderr.writeEnd],
    connect() {
      closeSync(stdout.writeEnd);
      closeSync(stderr.writeEnd);
      if (stdin) closeSync(stdin.readEnd);
      return {
        stdin: stdin ? new Socket({ fd: stdin.writeEnd, readable: false, writable: true }) : null,
        stdout: new Socket({ fd: stdout.readEnd, readable: true, writable: false }),
        stderr: new Socket({ fd: stderr.readEnd, readable: true, writable: false }),
      };
    },
    discard() {
      [stdout, stderr, ...(stdin ? [stdin] : [])].forEach(closePipe);
    },
  };
}

function overSockets(hasStdin: boolean): Streams {
  return {
    stdio: [hasStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    connect({ stdin, stdout, stderr }) {
      if (!stdout || !stderr) throw new Error('a child without streams');
      return { stdin, stdout, stderr };
    },
    discard: () => undefined,
  };
}
