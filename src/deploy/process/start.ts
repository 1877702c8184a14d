import { onAbort } from '../../async/abort.js';
import { createDeferred } from '../../async/deferred.js';
import type { CommandResult } from '../../model/command.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { ProcessSpec, ServiceSpec } from '../../model/service.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { createLineSink } from '../../remote/lines.js';
import type { Deployment, ServiceExit } from '../backend.js';
import { logPath, startCommand } from './commands.js';
import { describeExit } from './service-exit.js';
import { type StartReport, parseStartReport } from './start-report.js';

/** A service that this process started: the command that became it still runs. */
export interface StartedService {
  readonly processGroup: number;
  /** Where in the log its output begins. */
  readonly logOffset: number;
  /** Resolves the moment its first process ends. */
  readonly exited: Promise<ServiceExit>;
  /**
   * Resolves when nothing of it is left and its log is complete, with `true`; or with `false` when the connection to it
   * was lost, so that nobody knows.
   */
  readonly ended: Promise<boolean>;
  /** Ends it with all it started: the stop signal, after the grace period SIGKILL. */
  stop(): void;
}

/**
 * Starts a service: a command that becomes it and lasts as long as it does.
 *
 * @returns As soon as its process exists; a failure leaves nothing behind.
 */
export async function startService(
  pool: ConnectionPool,
  deployment: Deployment,
  service: ServiceSpec,
  spec: ProcessSpec,
  signal: AbortSignal,
): Promise<Outcome<StartedService>> {
  const [program = ''] = spec.argv;
  const reported = createDeferred<StartReport>();
  const exited = createDeferred<ServiceExit>();
  const lifetime = new AbortController();
  let isStopping = false;

  const running = pool.use(
    deployment.node,
    (connection) =>
      connection.exec(startCommand(deployment, service, spec), {
        stdout: createLineSink((line) => {
          const report = parseStartReport(line, program, logPath(deployment, service));
          if (report) reported.resolve(report);
        }),
        stopSignal: spec.stopSignal,
        graceMs: spec.stopGracePeriodMs,
        signal: lifetime.signal,
        onExited: (exit) => exited.resolve(describeExit(exit, isStopping)),
      }),
    { signal: lifetime.signal },
  );
  const forget = onAbort(signal, () => lifetime.abort());
  const first = await Promise.race([reported.promise, running]);
  forget();

  if (!('isStarted' in first) || !first.isStarted || lifetime.signal.aborted) {
    const report = 'isStarted' in first && !first.isStarted ? first : null;
    return { ok: false, failure: whyNotStarted(await running, report, deployment, service) };
  }
  const ended = running.then((outcome) => {
    if (!outcome.ok) return false;
    exited.resolve(describeExit(outcome.value, isStopping));
    return outcome.value.termination !== 'connection-lost';
  });
  return {
    ok: true,
    value: {
      processGroup: first.processGroup,
      logOffset: first.logOffset,
      exited: exited.promise,
      ended,
      stop() {
        isStopping = true;
        lifetime.abort();
      },
    },
  };
}

function whyNotStarted(
  outcome: Outcome<CommandResult>,
  report: (StartReport & { isStarted: false }) | null,
  { node }: Deployment,
  service: ServiceSpec,
): Failure {
  const place = { node: node.name, service: service.id, source: service.source };
  const cancelled = () => createFailure('cancelled', 'its start was cancelled', place);
  if (!outcome.ok) return outcome.failure.kind === 'cancelled' ? cancelled() : outcome.failure;
  const result = outcome.value;
  if (report) {
    return createFailure('service_start', report.message, { ...place, hint: report.hint });
  }
  switch (result.termination) {
    case 'cancelled':
      return cancelled();
    case 'connection-lost':
      return createFailure('connection_lost', `connection lost: ${result.reason}`, place);
    case 'not-started':
      return createFailure('service_start', result.reason, place);
    case 'exited':
    case 'signalled':
    case 'timed-out': {
      const output = result.stderr
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      return createFailure('service_start', 'the shell that starts it ended', { ...place, output });
    }
  }
}
