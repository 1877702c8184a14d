import { Readable, type Writable } from 'node:stream';

import { onAbort } from '../../../../async/abort.js';
import type { CommandResult } from '../../../../model/command.js';
import type { StreamTransferContext } from '../context.js';
import { ConnectionLost, ContentDiffers, NodeError, ToolsMissing } from '../errors.js';
import { readComplaint } from './complaint.js';
import { EXIT } from './prelude.js';

/** Enough for `tar` to end by itself. */
const GRACE_MS = 2_000;
/** How much of the input is made ahead of the network. */
const BYTES_AHEAD = 4 * 1024 * 1024;

export interface ScriptOptions {
  readonly signal?: AbortSignal | undefined;
  /** Made into the script's input. When it throws, the script is ended, and that is what is thrown. */
  readonly input?: AsyncGenerator<Buffer>;
  /** Gets the script's output. When it fails, the script is ended, and that is what is thrown. */
  readonly output?: Writable;
  readonly captureLimit?: number;
}

/** How a script of ours ended. */
export interface ScriptEnd {
  readonly result: CommandResult;
  /** What the input or the output failed with. */
  readonly broken: { readonly error: unknown } | null;
  /** The id of its process group on the node; `null` where it never ran. */
  readonly processGroup: number | null;
}

/** Runs a script of ours on the node. Resolves when nothing of it runs any more, here either. */
export async function runScript(
  { exec }: StreamTransferContext,
  script: string,
  args: readonly string[],
  { signal, input, output, captureLimit }: ScriptOptions,
): Promise<ScriptEnd> {
  const stop = new AbortController();
  const forget = onAbort(signal, () => stop.abort());
  const ends: { broken: ScriptEnd['broken']; processGroup: number | null } = {
    broken: null,
    processGroup: null,
  };
  const fail = (error: unknown) => {
    ends.broken ??= { error };
    stop.abort();
  };

  const stdin = input && readableOf(input, fail);
  stdin?.on('error', () => undefined);
  output?.on('error', fail);
  const result = await exec(
    { argv: ['/bin/sh', '-c', script, 'sh', ...args] },
    {
      signal: stop.signal,
      graceMs: GRACE_MS,
      ...(stdin && { stdin }),
      ...(output && { stdout: output }),
      ...(captureLimit !== undefined && { captureLimit }),
      onStarted: (group) => (ends.processGroup = group),
    },
  );
  forget();
  stdin?.destroy();
  // Not `once` of Node's events, which rejects when an error comes before.
  if (stdin && !stdin.closed) await new Promise((resolve) => stdin.once('close', resolve));
  return { result, ...ends };
}

/**
 * The values as a stream, made a little ahead. Unlike `Readable.from` it does not throw into the source what happens to
 * the stream: a pipe that broke on the other end is not the source's failure.
 */
function readableOf(source: AsyncGenerator<Buffer>, onFailure: (error: unknown) => void): Readable {
  return new Readable({
    highWaterMark: BYTES_AHEAD,
    read() {
      source.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) => {
          onFailure(error);
          this.destroy();
        },
      );
    },
    destroy(error, done) {
      // After what is being made now.
      source.return(undefined).then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

/** @throws What went wrong, unless the script ended well. */
export function requireSuccess({ result, broken }: ScriptEnd): void {
  if (broken) throw broken.error;
  switch (result.termination) {
    case 'exited':
      if (result.exitCode !== 0) throw explainExit(result.exitCode, result);
      return;
    case 'connection-lost':
      throw new ConnectionLost(result.reason);
    case 'not-started':
      throw new NodeError(result.reason);
    case 'signalled':
      throw new NodeError(`the program on the node was ended by ${result.signal}`);
    case 'cancelled':
    case 'timed-out':
      throw new NodeError(`the program on the node was ${result.termination}`);
  }
}

function explainExit(exitCode: number, { stderr }: CommandResult): Error {
  switch (exitCode) {
    case EXIT.missingTools: {
      const [, missing = ''] = /^missing (.*)$/m.exec(stderr.toString()) ?? [];
      return new ToolsMissing(missing.split(' '));
    }
    case EXIT.incomplete:
      return new ConnectionLost('the node saw the end of the stream too early');
    case EXIT.differs: {
      const complaint = stderr.toString().trim();
      return new ContentDiffers(
        `what lies on the node has another sha256 than what was sent${complaint && ` (${complaint})`}`,
      );
    }
    default:
      return readComplaint(stderr.toString());
  }
}
