import path from 'node:path';

import { orAborted } from '../../../async/abort.js';
import { type Deadline, startDeadline, startIdleLimit, within } from '../../../async/deadline.js';
import { readLoadPoints } from '../../../benchmark/import/load-points.js';
import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { ResultPath } from '../../../model/scenario.js';
import { createRedactor } from '../../../remote/redaction.js';
import { discardBroughtAlong } from '../../../results/collect/brought-along.js';
import { type Collection, collectArtifacts } from '../../../results/collect/collect.js';
import { takeInventory } from '../../../results/inventory.js';
import { ARTIFACTS, serviceLogPath, systemFolderPath } from '../../../results/layout.js';
import { collectSystemLogs } from '../../../results/system-logs.js';
import { type Attempt, placeOf } from '../attempt.js';
import { keepResults } from '../entries.js';
import { COLLECTION, isConnectionFault } from '../../retry-policy.js';
import { withRetries } from '../../retry.js';
import { saveLogAs } from '../services/service-log.js';
import { SCRIPT_LOGS } from '../script-logs.js';
import { tellTransfer } from '../tell-transfer.js';

/** Each kind of what is brought home may take its time, but not for ever: the nodes have to be cleaned. */
const COLLECT_MS = 30 * 60_000;
/** Before the first byte, `find` may have to look through a tree of very many files. */
const SILENCE_MS = 5 * 60_000;
/** For what was given up to tidy up after itself. Who hangs in a file system does not even do that. */
const SETTLE_MS = 30_000;

/** Brings home what the scenario has produced, as much as its collection mode says, before anything is stopped. */
export async function collect(attempt: Attempt): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const bringHome of [
    ...(attempt.hasScriptRun ? [collectResults] : []),
    collectServiceLogs,
    collectSystems,
  ]) {
    // One of its own for each: what took too long is no reason to leave the rest behind.
    const deadline = startDeadline(attempt.context.clock, COLLECT_MS);
    failures.push(...(await bringHome(attempt, deadline.signal).finally(deadline.clear)));
  }
  const inventory = await takeInventory(attempt.resultFolder);
  if (inventory.ok) attempt.artifacts = inventory.value;
  else failures.push(inventory.failure);

  const read = await readLoadPoints(
    attempt.resultFolder,
    attempt.artifacts.map((artifact) => artifact.path).filter((file) => file.startsWith(ARTIFACTS)),
  );
  attempt.metrics = read.points;
  for (const file of read.interrupted) {
    attempt.context.emit({
      type: 'warning',
      scenario: attempt.plan.scenario.name,
      message: `${file} holds a measurement that was cut off: it is not among the results`,
    });
  }
  return failures;
}

async function collectResults(attempt: Attempt, signal: AbortSignal): Promise<readonly Failure[]> {
  const { scenario } = attempt.plan;
  const { node } = scenario.testExecution;
  const place = placeOf(attempt, node);
  const resultPaths = ownResultPaths(attempt);
  const destination = path.join(attempt.resultFolder, ARTIFACTS);
  const hasDirectory = scenario.testExecution.resultPaths.some(({ kind }) => kind === 'directory');
  const { clock, emit, pool } = attempt.context;
  const bringHome = async (): Promise<Outcome<Collection>> => {
    const limit = startIdleLimit(clock, SILENCE_MS, signal);
    const tell = tellTransfer(clock, emit, {
      scenario: scenario.name,
      node,
      direction: 'from_node',
    });
    const work = pool.use(place.node, (connection) =>
      collectArtifacts({
        connection,
        workingFolder: place.workingFolder,
        resultPaths,
        undeclared: hasDirectory ? null : place.resultFolder,
        destination,
        reserved: Object.values(SCRIPT_LOGS),
        signal: limit.signal,
        onProgress: (copied) => {
          limit.touch();
          tell(copied);
        },
      }),
    );
    const lent = (await orAborted(work, limit.signal)) ?? (await within(clock, SETTLE_MS, work));
    limit.clear();
    if (lent === null || limit.expired()) return { ok: false, failure: notBrought(node, limit) };
    const lost = lent.ok && lent.value.failures.find(({ kind }) => isConnectionFault(kind));
    return lost ? { ok: false, failure: lost } : lent;
  };
  const lent = await withRetries(bringHome, {
    clock,
    backoff: COLLECTION,
    isWorthIt: isConnectionFault,
    signal,
    onRetry: ({ message }) =>
      emit({
        type: 'warning',
        scenario: scenario.name,
        node,
        message: `${message}; the results are collected again`,
      }),
  });
  if (!lent.ok) {
    await keepResults(attempt, place);
    return [lent.failure];
  }
  const unchanged = await discardBroughtAlong(scenario.path, destination, resultPaths);
  const failures = [...lent.value.failures, ...unchanged];
  if (failures.some(({ kind }) => kind === 'transfer' || kind === 'disk_full')) {
    await keepResults(attempt, place);
  }
  // A script that failed is the reason why its results are missing.
  const hasFailed = attempt.failures.length > 0;
  return failures.filter(({ kind }) => !(hasFailed && kind === 'result_missing'));
}

/** On a machine that was lost, those in its working folder: what others hold by now may be somebody else's. */
function ownResultPaths({ context, plan }: Attempt): readonly ResultPath[] {
  const { node, resultPaths } = plan.scenario.testExecution;
  const outside = resultPaths.filter(({ isAbsolute }) => isAbsolute);
  if (outside.length === 0 || context.leases.holds(node)) return resultPaths;
  context.emit({
    type: 'warning',
    scenario: plan.scenario.name,
    node,
    message: `what is in ${outside.map(({ path }) => path).join(', ')} is left alone: it may be somebody else's by now`,
  });
  return resultPaths.filter(({ isAbsolute }) => !isAbsolute);
}

function notBrought(node: string, { expired }: Deadline): Failure {
  const why = expired() ? `nothing came for ${SILENCE_MS / 60_000} min` : 'it took too long';
  return createFailure('transfer', `not all results could be collected: ${why}`, { node });
}

async function collectServiceLogs(
  attempt: Attempt,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const { collectionMode } = attempt.plan.scenario.testExecution;
  const culprits = new Set(attempt.failures.map(({ service }) => service));
  const wanted = [...attempt.services.values()].filter(
    ({ service }) => collectionMode !== 'basic' || culprits.has(service.id),
  );
  const saved = await Promise.all(
    wanted.map((run) => {
      const { node, id } = run.service;
      return saveLogAs(run, serviceLogPath(attempt.resultFolder, node, id), signal);
    }),
  );
  return saved.filter((failure) => failure !== null);
}

async function collectSystems(attempt: Attempt, signal: AbortSignal): Promise<readonly Failure[]> {
  const { scenario, nodes } = attempt.plan;
  if (scenario.testExecution.collectionMode !== 'comprehensive') return [];
  const mask = createRedactor(attempt.context.secrets).text;
  const lent = await Promise.all(
    nodes.map((node) =>
      attempt.context.pool.use(node, (connection) =>
        collectSystemLogs({
          connection,
          folder: systemFolderPath(attempt.resultFolder, node.name),
          mask,
          signal,
        }),
      ),
    ),
  );
  return lent.flatMap((outcome) => (outcome.ok ? outcome.value : [outcome.failure]));
}
