import type { Dispatcher } from 'undici';

import type { StampedEvent } from '../../model/event.js';
import type { WebhookEvent, WebhookSpec } from '../../model/webhook.js';
import type { Reporter } from '../reporter.js';
import { describeScenario, describeSuite, isBad, type WebhookMessage } from './message.js';
import { openDispatcher } from './proxy.js';
import { sendJson } from './send.js';

const RETRIES = 2;
/** How long the end of a run may wait for messages that are still on their way. */
const CLOSE_MS = 15_000;
/** The same, where the run was stopped before its end. */
const CLOSE_STOPPED_MS = 5_000;
/** A wait that is shorter than this is not worth a word. */
const TELL_MS = 1_000;

export interface WebhookOptions {
  /** The machine that runs playbook, as people know it. */
  readonly host: string;
  /** Told what could not be sent. Never a reason for a run to fail. */
  readonly warn: (message: string) => void;
  /** Told at the end of a run for whom it waits, and for how long at most: where that is more than a moment. */
  readonly onWaiting: (reason: string, waitMs: number) => void;
  /** The run is to stop: what is being sent at its end is given up. */
  readonly signal: AbortSignal;
  readonly closeMs?: number;
  readonly tellMs?: number;
  readonly pausesMs?: readonly number[];
}

/**
 * Tells an address how a run goes, beside the run: messages are sent one after the other, and only the end of the run
 * waits for them, for a while. An address that did not take one gets a single try for each that follows.
 */
export function createWebhookReporter(webhook: WebhookSpec, options: WebhookOptions): Reporter {
  const { host, warn, onWaiting, signal, pausesMs } = options;
  const { closeMs = CLOSE_MS, tellMs = TELL_MS } = options;
  const giveUp = new AbortController();
  let run = '';
  let hasFailed = false;
  let dispatcher: Dispatcher | null = null;
  const defects: unknown[] = [];
  let sending: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | null = null;

  const post = async (message: WebhookMessage): Promise<string | null> => {
    try {
      // Not before there is something to send: a bad address of a proxy is no reason for a run to fail.
      dispatcher ??= openDispatcher();
    } catch (error) {
      return `the proxy that the environment names cannot be used: ${(error as Error).message}`;
    }
    return sendJson(webhook, JSON.stringify(message), {
      signal: giveUp.signal,
      retries: hasFailed ? 0 : RETRIES,
      dispatcher,
      ...(pausesMs === undefined ? {} : { pausesMs }),
    });
  };
  const deliver = async (message: WebhookMessage) => {
    const problem = await post(message);
    if (problem === null) return;
    hasFailed = true;
    const what = message.exit_code === null ? 'a failed scenario' : 'the end of the run';
    warn(`the webhook on ${hostOf(webhook)} was not told of ${what}: ${problem}`);
  };
  const send = (message: WebhookMessage) => {
    // A bug here must not look like one of the run: it is told at the end.
    sending = sending.then(() => deliver(message)).catch((error: unknown) => defects.push(error));
  };

  const close = async () => {
    const waitMs = signal.aborted ? Math.min(closeMs, CLOSE_STOPPED_MS) : closeMs;
    const timer = setTimeout(() => giveUp.abort(), waitMs);
    const telling = setTimeout(
      () => onWaiting(`for the webhook on ${hostOf(webhook)}`, waitMs - tellMs),
      tellMs,
    );
    const stop = () => giveUp.abort();
    signal.addEventListener('abort', stop);
    await sending;
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    clearTimeout(telling);
    await dispatcher?.destroy();
    if (defects.length > 0) throw defects[0];
  };

  return {
    on(event: StampedEvent) {
      if (event.type === 'suite_started') run = event.run;
      if (event.type === 'scenario_finished' && isBad(event)) {
        if (webhook.on.includes('scenario_failed')) send(describeScenario(event, run, host));
      }
      if (event.type === 'suite_finished') {
        const about = aboutEnd(webhook, event.exit_code);
        if (about !== null) send(describeSuite(event, host, about));
      }
    },
    close: () => (closed ??= close()),
  };
}

/** Which of the two that a run can end with is to be told. */
function aboutEnd({ on }: WebhookSpec, exitCode: number): WebhookEvent | null {
  if (exitCode !== 0 && on.includes('suite_failed')) return 'suite_failed';
  return on.includes('suite_finished') ? 'suite_finished' : null;
}

/** The rest of the address is a secret. */
function hostOf({ url }: WebhookSpec): string {
  return new URL(url).host;
}
