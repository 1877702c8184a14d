import { readFileSync } from 'node:fs';
import path from 'node:path';

/** SIGHUP in a mask of signals. */
const HANGUP = 1n;
/** As `O_ACCMODE` and `O_WRONLY`. */
const ACCESS_MODE = 0o3;
const WRITE_ONLY = 0o1;

let known: boolean | undefined;

/**
 * Whether this process was started so that a closed terminal is nothing to it: by `nohup`, or from a shell with
 * `trap '' HUP`. Node gives every signal its default effect when it starts, so that has to be told from what is around.
 */
export function isHangupIgnored(): boolean {
  known ??= isUnderNohup() || isIgnoredByParent();
  return known;
}

function isUnderNohup(): boolean {
  // Shells say there what they have started.
  if (path.basename(process.env['_'] ?? '') === 'nohup') return true;
  return isStdinWriteOnly();
}

/** `nohup` takes standard input away from a terminal in this way, so that reading from it fails. */
function isStdinWriteOnly(): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readOrEmpty('/proc/self/fdinfo/0'))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) === WRITE_ONLY;
}

function isIgnoredByParent(): boolean {
  const status = readOrEmpty(`/proc/${process.ppid}/status`);
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP) !== 0n;
}

/**
 * Whether this process was started by one that passes on to it signals that it has got itself: both are in one process
 * group, and `timeout` tells the group as well.
 */
export function passesSignalsOn(): boolean {
  return /^(?:timeout|npm|npx|pnpm|yarn)\b/.test(readOrEmpty(`/proc/${process.ppid}/comm`));
}

/** Where there is no `/proc` nothing can be told. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
