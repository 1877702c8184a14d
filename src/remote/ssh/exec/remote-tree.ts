import type { Clock } from '../../../async/clock.js';
import { lineForAlive, lineForSignal } from '../shell/lines.js';
import type { Shells } from '../sessions/shells.js';
import { askNode } from './ask-node.js';

export interface EndOptions {
  readonly stopSignal: NodeJS.Signals;
  /** From the stop signal to SIGKILL. */
  readonly graceMs: number;
}

/** After SIGKILL: what the kernel does not end in this time hangs in a driver, and no waiting helps. */
const KILL_PATIENCE_MS = 5_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Whether a program's tree is gone; `lost` where the node can no longer be asked, or does not answer. */
export type Fate = 'gone' | 'alive' | 'lost';

/**
 * Everything that one program started on a node: its process group, and what left the group (by `setsid`) but still
 * carries its mark. Looked after through a shell of its own, as the program's channel tells nothing of its children.
 */
export class RemoteTree {
  readonly #mark: string;
  readonly #group: () => number | null;
  readonly #shells: Shells;
  readonly #clock: Clock;

  /** @param group The process group's id, once it is known. Not to be given where it may be somebody else's by now. */
  constructor(mark: string, group: () => number | null, shells: Shells, clock: Clock) {
    this.#mark = mark;
    this.#group = group;
    this.#shells = shells;
    this.#clock = clock;
  }

  /** Waits until all of it is gone, at most so long. */
  waitForEnd(timeoutMs: number, signal?: AbortSignal): Promise<Fate> {
    return this.#repeat(() => lineForAlive(this.#mark, this.#group()), timeoutMs, signal);
  }

  /** Ends all of it: the stop signal, after the grace period SIGKILL. */
  async end({ stopSignal, graceMs }: EndOptions): Promise<Fate> {
    const fate = await this.#ask(lineForSignal(this.#mark, this.#group(), stopSignal));
    if (fate === 'lost') return fate;
    // Asked once more also where nothing seemed to live: what was just being started shows only now.
    const stopped = await this.waitForEnd(graceMs);
    if (stopped !== 'alive') return stopped;
    // Again and again: what was forked meanwhile has not heard the last one.
    const kill = () => lineForSignal(this.#mark, this.#group(), 'SIGKILL');
    return this.#repeat(kill, KILL_PATIENCE_MS);
  }

  async #repeat(line: () => string, timeoutMs: number, signal?: AbortSignal): Promise<Fate> {
    const clock = this.#clock;
    const begin = clock.monotonic();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const fate = await this.#ask(line());
      const remaining = timeoutMs - (clock.monotonic() - begin);
      if (fate !== 'alive' || remaining <= 0 || signal?.aborted) return fate;
      await clock.sleep(Math.min(pauseMs, remaining), signal);
    }
  }

  async #ask(line: string): Promise<Fate> {
    const listed = await askNode(line, this.#shells, this.#clock);
    if (listed === null) return 'lost';
    return listed === '' ? 'gone' : 'alive';
  }
}
