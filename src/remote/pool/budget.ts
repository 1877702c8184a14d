/** How many connections may be open in total, whoever opens them. */
export interface ConnectionBudget {
  /** @returns Whether there was one left; then it is to be given back. */
  tryTake(): boolean;
  /** Takes one even where none is left, for what those that have theirs cannot do without: others wait for longer. */
  take(): void;
  giveBack(): void;
  /** Resolves when one was given back, or may be had by closing what is idle now. */
  untilChanged(): Promise<void>;
  /** Wakes those who wait: something became idle. */
  wake(): void;
}

export function createBudget(max: number): ConnectionBudget {
  let taken = 0;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
  };
  return {
    tryTake() {
      if (taken >= max) return false;
      taken += 1;
      return true;
    },
    take() {
      taken += 1;
    },
    giveBack() {
      taken -= 1;
      wake();
    },
    untilChanged: () => new Promise((resolve) => waiting.push(resolve)),
    wake,
  };
}
