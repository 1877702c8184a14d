import type { SourceLocation } from './source.js';

export type Severity = 'error' | 'warning';

/** One thing wrong with the project's files, as `validate` reports it. */
export interface Problem extends SourceLocation {
  readonly severity: Severity;
  /** The key path inside the file, `nodes.node1.port`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, in one line. */
  readonly message: string;
  /** What to do about it; empty where the message says it all. */
  readonly hint: string;
}
