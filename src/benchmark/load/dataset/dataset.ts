/** What one request asks. */
export interface Prompt {
  /** A text, or the messages of a chat. */
  readonly content: string | readonly unknown[];
  /** Roughly; `null`: only the server knows. */
  readonly inputLen: number | null;
  /** `null`: the dataset does not say. */
  readonly outputLen: number | null;
}

/** Where prompts come from. */
export interface Dataset {
  /** How many different prompts there are; `Infinity` where each is made anew. */
  readonly size: number;
  /**
   * The same arguments give the same prompt, always.
   *
   * @param index 0-based, among the requests of a load point.
   * @param loadPoint Which load point it is for. Made prompts differ between load points, so that nothing a server
   *   remembers from one flatters the next; prompts of a file are the same, so that load points compare.
   */
  prompt(index: number, loadPoint: number): Prompt;
}
