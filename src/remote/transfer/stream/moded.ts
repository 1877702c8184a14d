/** Something that gets a mode when everything is in its place. */
export interface Moded {
  /** Relative to the folder that is copied. */
  readonly path: Buffer;
  readonly mode: number;
}
