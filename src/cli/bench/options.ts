/** The keys' own options stand beside these, in camel case. */
export interface BenchOptions extends Readonly<Record<string, unknown>> {
  readonly config?: string;
  readonly output?: string;
  readonly format: 'table' | 'json';
}
