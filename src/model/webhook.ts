/** What is told to a webhook: that a run ended; that it ended badly; that a scenario did not complete. */
export type WebhookEvent = 'suite_finished' | 'suite_failed' | 'scenario_failed';

/** An address that is told how a run went. */
export interface WebhookSpec {
  /** A secret: whoever knows it can write there. */
  readonly url: string;
  readonly on: readonly WebhookEvent[];
  /** For one try. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
}
