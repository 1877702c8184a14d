import type { ScenarioFinished, SuiteFinished } from '../../model/event.js';
import type { FailureRecord, ScenarioOutcome, ScenarioStatus } from '../../model/result.js';
import type { WebhookEvent } from '../../model/webhook.js';
import { summarizeFailure } from '../failure.js';
import { count } from '../text/count.js';
import { formatSeconds } from '../text/duration.js';
import { toPrintableLine } from '../text/printable.js';

/** Slack refuses longer texts in a block. */
const LONGEST_TEXT = 2_900;
/** More lines nobody reads in a chat. */
const MOST_LINES = 20;

/** A message as Slack takes it, with what programs want to know beside it. Secrets are masked in events already. */
export interface WebhookMessage {
  /** Shown in notifications, and where blocks are not understood. */
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly event: WebhookEvent;
  readonly run: string;
  readonly host: string;
  readonly status: ScenarioStatus;
  /** `null` for a scenario: the run goes on. */
  readonly exit_code: number | null;
  readonly duration_s: number;
  /** The first cause. */
  readonly failure: FailureRecord | null;
  /** Of the run, or the one that it is about. */
  readonly scenarios: readonly ScenarioOutcome[];
  /** On the host; `null` for a scenario that was not started. */
  readonly results_path: string | null;
}

type Block =
  | { readonly type: 'section'; readonly text: Text }
  | { readonly type: 'context'; readonly elements: readonly Text[] };
interface Text {
  readonly type: 'mrkdwn';
  readonly text: string;
}

export function describeSuite(
  event: SuiteFinished,
  host: string,
  about: WebhookEvent,
): WebhookMessage {
  const { run, status, exit_code, duration_s, scenarios, results_path } = event;
  const bad = scenarios.filter(isBad);
  const failure = event.failure ?? bad.find((each) => each.failure !== null)?.failure ?? null;
  const why = failure === null ? '' : `: ${summarizeFailure(failure)}`;
  const tally =
    bad.length === 0
      ? count(scenarios.length, 'scenario')
      : `${bad.length} of ${count(scenarios.length, 'scenario')} did not complete`;
  const took = formatSeconds(duration_s);
  const lines = scenarios.slice(0, MOST_LINES).map(describeOutcome);
  if (scenarios.length > MOST_LINES) lines.push(`… and ${scenarios.length - MOST_LINES} more`);
  return {
    text: `playbook: run ${run} ${status} on ${host} after ${took}, ${tally}${why}`,
    blocks: [
      section(
        `*Run ${escape(run)} ${status}* on ${escape(host)} after ${took} (exit code ${exit_code})`,
      ),
      ...(event.failure ? [section(escape(summarizeFailure(event.failure)))] : []),
      ...(lines.length > 0 ? [section(lines.join('\n'))] : []),
      context(`Results: ${escape(results_path)}`),
    ],
    ...{ event: about, run, host, status, exit_code, duration_s, failure },
    scenarios,
    results_path,
  };
}

export function describeScenario(
  event: ScenarioFinished,
  run: string,
  host: string,
): WebhookMessage {
  const { scenario: name, status, attempts, duration_s, failure, reason, results_path } = event;
  const outcome: ScenarioOutcome = { name, status, attempts, duration_s, failure, reason };
  const why = failure === null ? '' : `: ${summarizeFailure(failure)}`;
  return {
    text: `playbook: scenario ${name} ${status} on ${host}${why}`,
    blocks: [
      section(`*Scenario ${escape(name)} ${status}* on ${escape(host)}`),
      ...(failure === null ? [] : [section(describeCause(failure))]),
      context(`Run ${escape(run)}${results_path === null ? '' : `, ${escape(results_path)}`}`),
    ],
    ...{ event: 'scenario_failed', run, host, status, exit_code: null, duration_s, failure },
    scenarios: [outcome],
    results_path,
  };
}

/** A scenario that was to run and has no result. What the user stopped, or left out, is no news to anybody. */
export function isBad({ status, failure }: Pick<ScenarioOutcome, 'status' | 'failure'>): boolean {
  if (status === 'skipped') return failure !== null;
  return status === 'failed' || status === 'invalid' || status === 'interrupted';
}

function describeOutcome(outcome: ScenarioOutcome): string {
  const { name, status, duration_s, failure, reason } = outcome;
  const why = failure === null ? toPrintableLine(reason ?? '') : summarizeFailure(failure);
  const took = status === 'skipped' ? '' : ` after ${formatSeconds(duration_s)}`;
  return `• *${escape(name)}* ${status}${took}${why === '' ? '' : `: ${escape(why)}`}`;
}

/** With the last lines of the culprit: often they save the way to the machine. */
function describeCause(failure: FailureRecord): string {
  const output = failure.output.slice(-5).map(toPrintableLine);
  const shown = output.length === 0 ? '' : `\n\`\`\`${escape(output.join('\n'))}\`\`\``;
  const hint = failure.hint === null ? '' : `\n${escape(failure.hint)}`;
  return `${escape(summarizeFailure(failure))}${shown.length > LONGEST_TEXT / 2 ? '' : shown}${hint}`;
}

function section(text: string): Block {
  return { type: 'section', text: markdown(text) };
}

function context(text: string): Block {
  return { type: 'context', elements: [markdown(text)] };
}

function markdown(text: string): Text {
  const isLong = text.length > LONGEST_TEXT;
  return { type: 'mrkdwn', text: isLong ? `${text.slice(0, LONGEST_TEXT)}…` : text };
}

/** The three characters that mean something in Slack's texts. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
