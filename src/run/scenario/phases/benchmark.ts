import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { startDeadline } from '../../../async/deadline.js';
import { scriptEnvironment } from '../../../benchmark/environment.js';
import { runScript } from '../../../benchmark/script.js';
import type { Failure } from '../../../model/failure.js';
import type { Connection } from '../../../remote/connection.js';
import { createRedactor } from '../../../remote/redaction.js';
import { type Attempt, placeOf } from '../attempt.js';
import { inSeconds } from '../../events.js';
import { enter } from '../entries.js';
import { cancelled } from '../../interruption.js';
import { ARTIFACTS } from '../../../results/layout.js';
import { controllerToken } from '../../controller.js';
import { SCRIPT_LOGS } from '../script-logs.js';
import { resultDirectories } from './prepare.js';

/** Runs the test script. A service that crashes meanwhile ends it: its numbers would mean nothing. */
export async function benchmark(attempt: Attempt): Promise<readonly Failure[]> {
  const { context, plan, signal, crashes } = attempt;
  const { scenario } = plan;
  const { script, timeoutMs, node } = scenario.testExecution;
  const place = placeOf(attempt, node);
  const artifacts = path.join(attempt.resultFolder, ARTIFACTS);
  await mkdir(artifacts, { recursive: true });

  const entered = await enter(attempt, { node, kind: 'script', description: `script ${script}` });
  if (!entered.ok) return [entered.failure];
  context.emit({
    type: 'script_started',
    scenario: scenario.name,
    node,
    script,
    timeout_s: inSeconds(timeoutMs),
  });
  attempt.hasScriptRun = true;
  const stop = startDeadline(context.clock, Infinity, signal, crashes.signal);
  const run = (connection: Connection) =>
    runScript(connection, {
      script,
      workingFolder: place.workingFolder,
      env: scriptEnvironment(scenario, plan.nodes, {
        run: context.run,
        controller: controllerToken(context.root),
        attempt: attempt.number,
        workingFolder: place.workingFolder,
        resultDirectories: resultDirectories(attempt, place),
      }),
      timeoutMs,
      logs: {
        stdout: path.join(artifacts, SCRIPT_LOGS.stdout),
        stderr: path.join(artifacts, SCRIPT_LOGS.stderr),
      },
      redactor: createRedactor(context.secrets),
      onOutput: (stream, text) =>
        context.emit({ type: 'script_output', scenario: scenario.name, stream, text }),
      now: () => context.clock.monotonic(),
      signal: stop.signal,
    });
  const lent = await context.pool.use(place.node, run, { signal: stop.signal });
  stop.clear();
  if (!lent.ok) {
    const crash = await crashes.first();
    return [crash ?? lent.failure];
  }

  const { record, failure } = lent.value;
  attempt.script = record;
  // A connection that was lost leaves nobody who could say that its processes are gone.
  if (failure?.kind !== 'connection_lost') entered.value();
  context.emit({
    type: 'script_finished',
    scenario: scenario.name,
    exit_code: record.exit_code,
    signal: record.signal,
    duration_s: record.duration_s,
  });
  // A crash is the cause of whatever the script said about it.
  const crash = await crashes.first();
  if (signal.aborted) return [cancelled(signal.reason)];
  return [crash, failure].filter((one) => one !== null);
}
