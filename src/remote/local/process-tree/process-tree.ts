import type { Clock } from '../../../async/clock.js';
import { findMarkedProcesses } from './marked-processes.js';
import { isLiving, listPids, readStat } from './proc.js';

export interface EndOptions {
  readonly stopSignal: NodeJS.Signals;
  /** From the stop signal to SIGKILL. */
  readonly graceMs: number;
  /** For the grace period. */
  readonly clock: Clock;
}

/** After SIGKILL: what the kernel does not end in this time hangs in a driver, and no waiting helps. */
const KILL_PATIENCE_MS = 5_000;
const LONGEST_PAUSE_MS = 25;
/** When it is first asked whether a group that does not vanish consists of zombies that nobody collects. */
const ZOMBIES_AFTER_MS = 50;

/**
 * Everything that one program started: its process group, and what left the group (by `setsid`) but still carries its
 * mark.
 */
export class ProcessTree {
  /** The id of the program's process, and of its group. */
  readonly #group: number;
  readonly #mark: string;
  readonly #startedAt = performance.now();
  /** Once it is gone its id may be given to strangers. */
  #isGroupGone = false;

  constructor(group: number, mark: string) {
    this.#group = group;
    this.#mark = mark;
  }

  /**
   * Waits until all of it is gone.
   *
   * @returns Whether it is gone; `false` when the time is up or the signal aborted.
   */
  async waitForEnd(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const begin = performance.now();
    let zombieCheckAt = ZOMBIES_AFTER_MS;
    let escaped: number[] = [];
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const waited = performance.now() - begin;
      const mayBeZombies = waited >= zombieCheckAt;
      if (mayBeZombies) zombieCheckAt = 2 * waited;
      if (!this.#isGroupAlive(mayBeZombies)) {
        escaped = escaped.filter(isAlive);
        // The search is the costly part: only when all that it found before are gone.
        if (escaped.length === 0) escaped = await this.#findEscaped();
        if (escaped.length === 0) return true;
      }
      if (waited >= timeoutMs || signal?.aborted) return false;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /**
   * Ends all of it: the stop signal, after the grace period SIGKILL.
   *
   * @returns Whether it is gone; `false` where the kernel could not end something.
   */
  async end({ stopSignal, graceMs, clock }: EndOptions): Promise<boolean> {
    await this.#signal(stopSignal);
    const isOver = new AbortController();
    const isGraceUp = new AbortController();
    void clock.sleep(graceMs, isOver.signal).then(() => isGraceUp.abort());
    const hasStopped = await this.waitForEnd(Infinity, isGraceUp.signal);
    isOver.abort();
    if (hasStopped) return true;

    const giveUpAt = performance.now() + KILL_PATIENCE_MS;
    do {
      // Again and again: what was forked meanwhile has not heard the last one.
      await this.#signal('SIGKILL');
      if (await this.waitForEnd(4 * LONGEST_PAUSE_MS)) return true;
    } while (performance.now() < giveUpAt);
    return false;
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#isGroupAlive(false)) send(-this.#group, signal);
    for (const pid of await this.#findEscaped()) send(pid, signal);
  }

  async #findEscaped(): Promise<number[]> {
    const ageMs = performance.now() - this.#startedAt;
    const marked = await findMarkedProcesses(this.#mark, { pid: this.#group, ageMs });
    return marked.filter((pid) => readStat(pid)?.group !== this.#group && isAlive(pid));
  }

  #isGroupAlive(mayBeZombies: boolean): boolean {
    if (this.#isGroupGone) return false;
    this.#isGroupGone =
      !hasMembers(this.#group) || (mayBeZombies && !hasLivingMembers(this.#group));
    return !this.#isGroupGone;
  }
}

/** Zombies count here, and so does what belongs to another user. */
function hasMembers(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function hasLivingMembers(group: number): boolean {
  // Mostly it is the first process that lives: that spares a look at all of them.
  if (process.platform !== 'linux' || isAlive(group)) return true;
  return listPids().some((pid) => {
    const stat = readStat(pid);
    return stat?.group === group && isLiving(stat);
  });
}

function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && isLiving(stat);
}

/** Gone is fine; and what may not be signalled shows by not ending. */
function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
