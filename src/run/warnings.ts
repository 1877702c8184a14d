/** Things the user should know that come from below the run, such as an accepted host key. */
export interface Warnings {
  readonly add: (message: string) => void;
  /** Tells the listener, also what was said before it came. */
  listen(listener: (message: string) => void): void;
}

export function createWarnings(): Warnings {
  const early: string[] = [];
  let listener: ((message: string) => void) | null = null;
  return {
    add(message) {
      if (listener) listener(message);
      else early.push(message);
    },
    listen(next) {
      listener = next;
      for (const message of early.splice(0)) next(message);
    },
  };
}
