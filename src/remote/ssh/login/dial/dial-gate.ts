import { OVER, onAbort } from '../../../../async/abort.js';
import type { Clock } from '../../../../async/clock.js';

/** Leave to dial, as long as `leave` has not been called. */
export interface DialTurn {
  /** Others were dialling the same address at some time during this turn. */
  readonly hadCompany: () => boolean;
  /** Some dial to the address came through since the gate was made. */
  readonly isAddressGood: () => boolean;
  /** @param outcome `refused`: the server had too many of us at once. `failed`: for any other reason. */
  readonly leave: (outcome: 'done' | 'refused' | 'failed') => void;
}

/**
 * Decides how many logins are under way at the same time: in total, because each costs processor time here and a thousand at
 * once would all run into their time limits; and per address, because sshd drops those beyond `MaxStartups`. What an
 * address bears is learned: halved when it refuses, one more after as many successes as it bears.
 */
export interface DialGate {
  /**
   * Waits for a turn.
   *
   * @param isRetry Goes before those who have not been there yet.
   * @returns `null` where the signal aborted first.
   */
  enter(address: string, signal: AbortSignal, isRetry?: boolean): Promise<DialTurn | null>;
}

export interface DialGateOptions {
  readonly clock: Clock;
  /** Simultaneous dials to one address at the start. Default 8, below the 10 from which sshd drops some. */
  readonly perAddress?: number;
  /** Simultaneous dials to all addresses. Default 64. */
  readonly total?: number;
}

/** A dial that takes longer waits for its peer and costs nothing: it no longer counts in the total. */
const PATIENCE_MS = 1_000;
const HIGHEST_PER_ADDRESS = 64;

interface AddressState {
  limit: number;
  /** Successes since the limit last changed. */
  successes: number;
  isGood: boolean;
  /** Counts the cuts: refusals of dials that began before the last one say nothing new. */
  era: number;
  readonly turns: Set<{ hadCompany: boolean }>;
}

interface Waiter {
  readonly address: string;
  readonly admit: () => void;
}

export function createDialGate(options: DialGateOptions): DialGate {
  const { clock, perAddress = 8, total = 64 } = options;
  const states = new Map<string, AddressState>();
  let waiters: Waiter[] = [];
  let running = 0;

  const stateOf = (address: string): AddressState => {
    const state = states.get(address) ?? {
      limit: perAddress,
      successes: 0,
      isGood: false,
      era: 0,
      turns: new Set(),
    };
    states.set(address, state);
    return state;
  };

  const admitNext = () => {
    const full = new Set<string>();
    for (const waiter of [...waiters]) {
      if (running >= total) return;
      if (full.has(waiter.address)) continue;
      const state = stateOf(waiter.address);
      if (state.turns.size >= state.limit) {
        full.add(waiter.address);
        continue;
      }
      waiters = waiters.filter((other) => other !== waiter);
      waiter.admit();
    }
  };

  const learn = (state: AddressState, era: number, outcome: 'done' | 'refused' | 'failed') => {
    if (outcome === 'done') {
      state.isGood = true;
      state.successes += 1;
      if (state.successes >= state.limit && state.limit < HIGHEST_PER_ADDRESS) {
        state.limit += 1;
        state.successes = 0;
      }
    } else if (outcome === 'refused' && era === state.era) {
      state.limit = Math.max(1, Math.floor(state.limit / 2));
      state.successes = 0;
      state.era += 1;
    }
  };

  const begin = (address: string): DialTurn => {
    const state = stateOf(address);
    const { era } = state;
    const turn = { hadCompany: state.turns.size > 0 };
    for (const other of state.turns) other.hadCompany = true;
    state.turns.add(turn);
    running += 1;
    const isOver = new AbortController();
    let countsInTotal = true;
    const stopCounting = () => {
      if (!countsInTotal) return;
      countsInTotal = false;
      running -= 1;
      admitNext();
    };
    void clock.sleep(PATIENCE_MS, isOver.signal).then(stopCounting);
    return {
      hadCompany: () => turn.hadCompany,
      isAddressGood: () => state.isGood,
      leave(outcome) {
        if (!state.turns.delete(turn)) return;
        learn(state, era, outcome);
        isOver.abort(OVER);
        stopCounting();
        admitNext();
      },
    };
  };

  return {
    enter(address, signal, isRetry = false) {
      return new Promise((resolve) => {
        if (signal.aborted) {
          resolve(null);
          return;
        }
        const waiter: Waiter = {
          address,
          admit: () => {
            forget();
            resolve(begin(address));
          },
        };
        const forget = onAbort(signal, () => {
          waiters = waiters.filter((other) => other !== waiter);
          resolve(null);
        });
        if (isRetry) waiters.unshift(waiter);
        else waiters.push(waiter);
        admitNext();
      });
    },
  };
}
