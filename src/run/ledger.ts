/** Something that this process has put somewhere and has to take away again. */
export interface Holding {
  /** The node's name. */
  readonly node: string;
  /** `service`, `folder`. */
  readonly kind: string;
  readonly description: string;
}

/** What a run holds on its nodes at this moment: entered before it is made, struck off once it is verified gone. */
export interface Ledger {
  /** @returns Strikes the holding off. */
  enter(holding: Holding): () => void;
  /** In the order of entry. */
  list(): readonly Holding[];
}

export function createLedger(): Ledger {
  const holdings = new Set<Holding>();
  return {
    enter(holding) {
      holdings.add(holding);
      return () => holdings.delete(holding);
    },
    list: () => [...holdings],
  };
}
