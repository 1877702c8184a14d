import type { HookErrorPolicy, HookPoint } from './hook.js';
import type { ImageFacts, NodeFacts } from './node-facts.js';
import type { Phase } from './plan.js';
import type {
  FailureRecord,
  LoadPoint,
  ScenarioOutcome,
  ScenarioStatus,
  WarningRecord,
} from './result.js';
import type { HealthCheckStrategy } from './scenario.js';

/**
 * The one way progress leaves a run. The shape is that of a line in `events.ndjson`, hence the snake case;
 * `at` is added by the one place that stamps events.
 */
export type RunEvent =
  | SuiteStarted
  | SuiteResumed
  | Recovered
  | NodeChecked
  | ScenarioStarted
  | PhaseStarted
  | PhaseFinished
  | TransferProgress
  | ServiceStarted
  | ServiceWaiting
  | ServiceReady
  | ServiceFailed
  | ServiceStopped
  | ScriptStarted
  | ScriptOutput
  | ScriptFinished
  | HookStarted
  | HookFinished
  | Waiting
  | ScenarioFinished
  | SuiteFinished
  | Warning;

/** An event with its time, ISO 8601 in UTC. */
export type StampedEvent = { readonly at: string } & RunEvent;

export interface SuiteStarted {
  readonly type: 'suite_started';
  readonly run: string;
  /** The run's folder, absolute. */
  readonly results_path: string;
  readonly nodes: readonly string[];
  readonly scenarios: readonly {
    readonly name: string;
    readonly services: number;
    readonly estimated_duration_s: number | null;
  }[];
}

/** The run continues an earlier one: what of that is kept, and why the rest runs again. */
export interface SuiteResumed {
  readonly type: 'suite_resumed';
  readonly run: string;
  readonly resumed_from: string;
  /** `kept_from`: the run that has measured it. */
  readonly kept: readonly { readonly scenario: string; readonly kept_from: string }[];
  readonly rerun: readonly { readonly scenario: string; readonly reasons: readonly string[] }[];
  /** Scenarios of the earlier run that this one does not have. */
  readonly left_out: readonly { readonly scenario: string; readonly reason: string }[];
}

/** What an earlier run had left on a node was removed, before anything else was done. */
export interface Recovered {
  readonly type: 'recovered';
  /** The run that had left it. */
  readonly run: string;
  readonly node: string;
  /** For people: `process 4711 (sleep 300)`. */
  readonly removed: readonly string[];
}

/** A node was looked at before scenarios use it: all of them before the first, and again those that were unfit. */
export interface NodeChecked {
  readonly type: 'node_checked';
  readonly node: string;
  readonly strategy: HealthCheckStrategy;
  readonly status: 'ok' | 'failed';
  /** `null` where it could not be asked. */
  readonly facts: NodeFacts | null;
  /** Those that scenarios of the run need there. */
  readonly images: readonly ImageFacts[];
  /** What keeps scenarios from running there. */
  readonly failures: readonly FailureRecord[];
  /** What does not, and is good to know. */
  readonly warnings: readonly string[];
  readonly duration_s: number;
}

export interface ScenarioStarted {
  readonly type: 'scenario_started';
  readonly scenario: string;
  readonly description: string;
  /** 1-based. */
  readonly attempt: number;
  readonly max_attempts: number;
  /** 1-based position in the suite. */
  readonly index: number;
  readonly total: number;
  readonly estimated_duration_s: number | null;
  readonly services: readonly {
    readonly service: string;
    readonly node: string;
    /** 1-based. */
    readonly batch: number;
    readonly depends_on: readonly string[];
  }[];
}

export interface PhaseStarted {
  readonly type: 'phase_started';
  readonly scenario: string;
  readonly phase: Phase;
}

export interface PhaseFinished {
  readonly type: 'phase_finished';
  readonly scenario: string;
  readonly phase: Phase;
  readonly status: 'ok' | 'failed' | 'cancelled';
  readonly duration_s: number;
  /** The first of what went wrong in it. */
  readonly failure: FailureRecord | null;
}

/** Files are being copied, and it takes a while: said at most once a second for each machine. */
export interface TransferProgress {
  readonly type: 'transfer_progress';
  readonly scenario: string;
  readonly node: string;
  readonly direction: 'to_node' | 'from_node';
  /** Copied so far. */
  readonly files: number;
  readonly bytes: number;
}

interface AboutService {
  readonly scenario: string;
  readonly node: string;
  readonly service: string;
}

/** The service is being started: attempt 2 and up are retries. */
export interface ServiceStarted extends AboutService {
  readonly type: 'service_started';
  readonly attempt: number;
}

/** Still not ready; said when what it waits for changes, not at every probe. */
export interface ServiceWaiting extends AboutService {
  readonly type: 'service_waiting';
  readonly message: string;
}

export interface ServiceReady extends AboutService {
  readonly type: 'service_ready';
  /** From start to ready (for a one-shot: to its successful end). */
  readonly duration_s: number;
}

export interface ServiceFailed extends AboutService {
  readonly type: 'service_failed';
  readonly failure: FailureRecord;
  readonly will_retry: boolean;
}

export interface ServiceStopped extends AboutService {
  readonly type: 'service_stopped';
  readonly duration_s: number;
}

export interface ScriptStarted {
  readonly type: 'script_started';
  readonly scenario: string;
  readonly node: string;
  readonly script: string;
  readonly timeout_s: number;
}

/** Whole lines, each with its newline. Display only: the log files hold the bytes. */
export interface ScriptOutput {
  readonly type: 'script_output';
  readonly scenario: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface ScriptFinished {
  readonly type: 'script_finished';
  readonly scenario: string;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly duration_s: number;
}

interface AboutHook {
  readonly point: HookPoint;
  /** As people know it: the script's path in the project, or its line. */
  readonly hook: string;
  /** Where it runs; `controller`: here. */
  readonly node: string;
  /** Of hooks of the run as a whole there is none. */
  readonly scenario?: string;
}

export interface HookStarted extends AboutHook {
  readonly type: 'hook_started';
  readonly timeout_s: number;
}

export interface HookFinished extends AboutHook {
  readonly type: 'hook_finished';
  readonly status: 'ok' | 'failed' | 'cancelled';
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly timed_out: boolean;
  readonly duration_s: number;
  /** What a failure does: the scenario, or the run, fails too; or this event is all. */
  readonly on_error: HookErrorPolicy;
  readonly failure: FailureRecord | null;
  /** Its last lines, oldest first. */
  readonly output: readonly string[];
  /** Where all that it printed is, absolute. */
  readonly log: string;
}

/** Nothing happens on purpose: the pause between scenarios, the delay before a retry. */
export interface Waiting {
  readonly type: 'waiting';
  readonly scenario: string | null;
  readonly service?: string;
  readonly duration_s: number;
  readonly reason: string;
}

export interface ScenarioFinished {
  readonly type: 'scenario_finished';
  readonly scenario: string;
  readonly status: ScenarioStatus;
  readonly attempts: number;
  readonly duration_s: number;
  readonly failure: FailureRecord | null;
  /** Why it was skipped. */
  readonly reason: string | null;
  readonly metrics: readonly LoadPoint[];
  /** The scenario's result folder, absolute; `null` where it was skipped. */
  readonly results_path: string | null;
  /** It did not run: this is what the named run has measured, and it still holds. */
  readonly kept_from?: string;
}

export interface SuiteFinished {
  readonly type: 'suite_finished';
  readonly run: string;
  readonly status: ScenarioStatus;
  readonly exit_code: number;
  /** What went wrong with the run itself, and with none of its scenarios. */
  readonly failure?: FailureRecord;
  readonly duration_s: number;
  readonly results_path: string;
  readonly scenarios: readonly ScenarioOutcome[];
  /** All that the run has warned of. */
  readonly warnings: readonly WarningRecord[];
}

export interface Warning {
  readonly type: 'warning';
  readonly scenario?: string;
  readonly node?: string;
  readonly service?: string;
  readonly message: string;
}
