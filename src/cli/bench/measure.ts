import path from 'node:path';

import { systemClock } from '../../async/clock.js';
import { readVllmResult } from '../../benchmark/import/vllm.js';
import { type BenchHooks, runBench } from '../../benchmark/load/bench.js';
import type { BenchResult } from '../../benchmark/load/result/bench-result.js';
import { resolveTarget, writeResult } from '../../benchmark/load/result/write.js';
import { ExitCode } from '../../model/exit-code.js';
import { renderLoadTable } from '../../report/load/load-table.js';
import { CliError } from '../error.js';
import { type Globals } from '../globals.js';
import { note, print } from '../output.js';
import { untilSignalled } from '../signals.js';
import { textOptions } from '../text-style.js';
import { packageVersion } from '../version.js';
import { openDisplay } from './display.js';
import type { BenchOptions } from './options.js';
import type { Prepared } from './prepare.js';

/** Measures, tells how it goes and writes results. @returns The exit code. */
export async function measure(
  prepared: Prepared,
  options: BenchOptions,
  globals: Globals,
): Promise<number> {
  const { config, dataset, apiKey } = prepared;
  const isSweep = config.maxConcurrency.length * config.requestRate.length > 1;
  const target = await resolveTarget(
    options.output,
    process.env['SCENARIO_RESULT_PATH'],
    process.cwd(),
  ).catch((error: unknown) => {
    throw new CliError(`results cannot be written there: ${messageOf(error)}`, ExitCode.usage);
  });

  const signals = untilSignalled();
  const display = openDisplay(globals);
  const hooks: BenchHooks = {
    onLoadPointStarted: display.start,
    onWarning: display.warn,
    async onLoadPointFinished(result) {
      display.stop();
      reportTroubles(result, globals);
      const file = await writeResult(result, target, isSweep).catch((error: unknown) => {
        throw new CliError(`the result cannot be written: ${messageOf(error)}`, ExitCode.node);
      });
      if (!globals.isQuiet) note(`${result.label}: wrote ${path.relative('', file) || file}`);
    },
  };
  try {
    const outcome = await runBench(
      config,
      dataset,
      { clock: systemClock, signal: signals.signal, apiKey, playbookVersion: packageVersion() },
      hooks,
    );
    const exitCode = signals.exitCode();
    if (!outcome.ok) {
      if (exitCode !== undefined) return exitCode;
      const { message, hint } = outcome.failure;
      throw new CliError(message, ExitCode.scenarioFailed, hint);
    }
    await printResults(outcome.value, options.format, globals);
    return exitCode ?? judge(outcome.value, config.allowFailures);
  } finally {
    display.stop();
    signals.dispose();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function judge(results: readonly BenchResult[], allowedRatio: number): number {
  const hasFailed = results.some(
    ({ completed, failed }) => completed === 0 || failed / (completed + failed) > allowedRatio,
  );
  return hasFailed ? ExitCode.scenarioFailed : ExitCode.ok;
}

async function printResults(
  results: readonly BenchResult[],
  format: BenchOptions['format'],
  globals: Globals,
): Promise<void> {
  if (format === 'json') {
    print(JSON.stringify(results.length === 1 ? results[0] : results, null, 2));
    return;
  }
  const points = readVllmResult(JSON.stringify(results), '') ?? [];
  if (points.length > 0) print(renderLoadTable(points, await textOptions(globals, process.stdout)));
}

function reportTroubles(result: BenchResult, { isQuiet }: Globals): void {
  if (result.failed > 0) {
    note(
      `${result.label}: ${result.failed} of ${result.failed + result.completed} requests failed`,
    );
    for (const { count, kind, message } of result.errors) note(`  ${count} × ${kind}: ${message}`);
  }
  if (isQuiet) return;
  for (const warning of result.warnings) note(`warning: ${warning}`);
  if (result.interrupted)
    note(`${result.label}: interrupted; the figures are of what was measured`);
}
