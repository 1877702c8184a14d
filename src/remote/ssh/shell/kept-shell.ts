import { randomBytes } from 'node:crypto';

import { MARKS, bootKeptShell } from './boot.js';
import { type Frame, FrameScanner } from './frame-scanner.js';
import { type Group, parseGroup } from './group.js';
import type { Session } from './session.js';

/** What is told while a line is carried out. */
export interface AnswerListener {
  readonly onStdout?: (data: Buffer) => void;
  readonly onStderr?: (data: Buffer) => void;
  readonly onStarted?: (group: Group) => void;
}

/** What came of a line. */
export interface Answer {
  /** As a shell tells it: 128 and the signal's number where a signal ended the program. */
  readonly status: number;
  /** Processes that the program left running. */
  readonly left: readonly number[];
}

/** A `sh` that stays open on a channel and takes one line after the other: one round trip each. */
export interface KeptShell {
  /** The login's home. */
  readonly home: string;
  /** Of the login that it is on: resolves when that is gone, with the reason in words. */
  readonly lost: Promise<string>;
  /** Whether it was closed, from either side. */
  readonly isClosed: () => boolean;
  /**
   * Carries out one line, made by `lines.ts`. One at a time. The listener is told of output until the next line: what a
   * program left running may still write.
   *
   * @returns `null` where the shell was gone before it was done.
   */
  ask(line: string, listener?: AnswerListener): Promise<Answer | null>;
  close(): void;
}

/** How much of what was printed instead of an answer is told. */
const NOISE_LIMIT = 300;

/**
 * Makes a session a shell that stays.
 *
 * @returns What it printed, as text, where it ended instead.
 */
export function keepShell({ channel, lost }: Session): Promise<KeptShell | string> {
  const token = randomBytes(16).toString('hex');
  let current: Current | null = null;
  let listener: AnswerListener = {};
  let isClosed = false;
  let home: string | null = null;
  let noise = '';
  let settle: (shell: KeptShell | string) => void = () => undefined;
  const ready = new Promise<KeptShell | string>((resolve) => {
    settle = resolve;
  });

  const finish = () => {
    if (current?.status == null || !current.isErrorsEnd) return;
    const { resolve, status, left } = current;
    current = null;
    resolve({ status, left });
  };
  const onFrame = ({ mark, words }: Frame) => {
    if (mark === MARKS.ready) {
      home = words;
      settle(shell);
    } else if (!current) {
      return;
    } else if (mark === MARKS.started) {
      listener.onStarted?.(parseGroup(words));
    } else if (mark === MARKS.left) {
      current.left.push(Number(words));
    } else if (mark === MARKS.done) {
      current.status = Number(words);
      finish();
    }
  };
  const stdout = new FrameScanner(
    token,
    (data) => {
      if (home === null) noise = (noise + data.toString('utf8')).slice(0, NOISE_LIMIT);
      else listener.onStdout?.(data);
    },
    onFrame,
  );
  let isErrorsReady = false;
  const stderr = new FrameScanner(
    token,
    (data) => {
      if (!isErrorsReady) noise = (noise + data.toString('utf8')).slice(0, NOISE_LIMIT);
      else listener.onStderr?.(data);
    },
    ({ mark }) => {
      if (mark !== MARKS.end) return;
      if (!isErrorsReady) {
        isErrorsReady = true;
      } else if (current) {
        current.isErrorsEnd = true;
        finish();
      }
    },
  );
  const onClose = () => {
    isClosed = true;
    channel.close();
    stdout.flush();
    settle(noise.trim());
    current?.resolve(null);
    current = null;
  };

  const shell: KeptShell = {
    get home() {
      return home ?? '';
    },
    lost,
    isClosed: () => isClosed,
    ask: (line, told = {}) =>
      new Promise((resolve) => {
        if (current) throw new Error('a shell answers one question at a time');
        if (isClosed) {
          resolve(null);
          return;
        }
        listener = told;
        current = { left: [], status: null, isErrorsEnd: false, resolve };
        channel.write(`${line}\n`);
      }),
    close() {
      isClosed = true;
      channel.close();
    },
  };

  channel.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  channel.on('error', () => undefined);
  // A program may still hold the channel open when the shell is gone.
  channel.once('exit', onClose);
  channel.once('close', onClose);
  channel.resume();
  channel.stderr.resume();
  channel.write(`${bootKeptShell(token)}\n`);
  return ready;
}

interface Current {
  readonly left: number[];
  status: number | null;
  isErrorsEnd: boolean;
  readonly resolve: (answer: Answer | null) => void;
}
