import type { Clock } from '../../async/clock.js';
import type { DeploymentBackend } from '../../deploy/backend.js';
import { createFailure, type Failure, type FailureKind } from '../../model/failure.js';
import type { NodeSpec, Runtime } from '../../model/node.js';
import type { Connection } from '../../remote/connection.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { controllerToken } from '../controller.js';
import { basesOn } from '../place.js';
import { type Findings, joinFindings, type NodeCheck, NOTHING_FOUND } from './findings.js';
import { judgeClock } from './judge/clock.js';
import { judgeDisks } from './judge/disk.js';
import { judgeGpus } from './judge/gpus.js';
import { judgeImages } from './judge/images.js';
import { judgePorts } from './judge/ports.js';
import { judgeSurroundings } from './judge/surroundings.js';
import type { NodeNeeds } from './needs.js';
import { isAtLeast } from './strategy.js';
import { askNode, type Survey, type Topic } from './survey/survey.js';
import { tryOut } from './trial.js';

/** What looking at nodes needs of the world. */
export interface CheckContext {
  readonly pool: ConnectionPool;
  readonly backends: Readonly<Partial<Record<Runtime, DeploymentBackend>>>;
  readonly clock: Clock;
  /** The run that it is done for. */
  readonly run: string;
  /** The project's root, absolute. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/** The node cannot be got at, so nothing else can be said of it. */
const OUT_OF_REACH: readonly FailureKind[] = [
  'unreachable',
  'authentication',
  'host_key',
  'connection_lost',
];

function isOutOfReach({ kind }: Failure): boolean {
  return OUT_OF_REACH.includes(kind);
}

/** Looks at one node, as thoroughly as its needs say. Changes nothing on it. */
export async function checkNode(
  node: NodeSpec,
  needs: NodeNeeds,
  context: CheckContext,
): Promise<NodeCheck> {
  const begin = context.clock.monotonic();
  const looked = await context.pool.use(
    node,
    (connection) => lookAt(connection, node, needs, context),
    { isAskedAfresh: true, signal: context.signal },
  );
  const seen: Seen = looked.ok ? looked.value : failed(looked.failure);
  const isReachable = !seen.problems.some(({ failure }) => isOutOfReach(failure));
  return {
    node,
    strategy: needs.strategy,
    isReachable,
    ...seen,
    durationMs: context.clock.monotonic() - begin,
  };
}

type Seen = Pick<NodeCheck, 'facts' | 'images' | 'problems' | 'warnings'>;

function failed(failure: Failure): Seen {
  return { facts: null, images: [], problems: [{ failure, scenarios: null }], warnings: [] };
}

async function lookAt(
  connection: Connection,
  node: NodeSpec,
  needs: NodeNeeds,
  context: CheckContext,
): Promise<Seen> {
  const { clock, run, root, signal } = context;
  const info = await connection.info();
  if (!info.ok) return failed(info.failure);
  const { work, results } = basesOn(node, info.value.home, root);
  const images = [...new Set(needs.images.map(({ image }) => image))];
  const questions = { topics: topicsFor(node, needs), work, results, images };
  const [runtime, asked] = await Promise.all([
    needs.runsServices ? checkRuntime(node, context) : [],
    askNode(connection, questions, clock, signal),
  ]);
  if (!asked.ok) {
    const problems = [...runtime, asked.failure].map((failure) => ({ failure, scenarios: null }));
    return { facts: null, images: [], problems: withoutRepetition(problems), warnings: [] };
  }

  const survey = asked.value;
  // Without a runtime neither images nor a trial can say anything.
  const canRun = runtime.length === 0;
  const judged = isAtLeast(needs.strategy, 'standard')
    ? judge(node, needs, survey, canRun)
    : { ...NOTHING_FOUND, images: [] };
  const isThorough = isAtLeast(needs.strategy, 'thorough');
  const identity = { run, controller: controllerToken(root) };
  const tried =
    isThorough && canRun
      ? await tryOut(connection, node, { work, images, identity }, signal)
      : NOTHING_FOUND;
  const surroundings = isThorough ? judgeSurroundings(survey) : [];
  return {
    facts: survey.facts,
    images: judged.images,
    problems: [
      ...runtime.map((failure) => ({ failure, scenarios: null })),
      ...judged.problems,
      ...tried.problems,
    ],
    warnings: [
      ...judged.warnings,
      ...tried.warnings,
      ...surroundings,
      ...(survey.isCutOff ? ['it did not answer every question in time'] : []),
    ],
  };
}

/** A connection that is lost while two questions are under way is one trouble. */
function withoutRepetition(problems: NodeCheck['problems']): NodeCheck['problems'] {
  const kinds = new Set<string>();
  return problems.filter(({ failure }) => {
    const isNew = !kinds.has(failure.kind);
    kinds.add(failure.kind);
    return isNew;
  });
}

/** Whether services of the node's runtime can be run there. */
export async function checkRuntime(
  node: NodeSpec,
  { backends, signal }: Pick<CheckContext, 'backends' | 'signal'>,
): Promise<readonly Failure[]> {
  const backend = backends[node.runtime];
  if (backend) return backend.check(node, signal);
  return [
    createFailure('runtime_missing', `runtime ${node.runtime} is not supported by this version`, {
      node: node.name,
      source: node.source,
      hint: 'set `runtime: process` for this node in config/nodes.yaml',
    }),
  ];
}

function topicsFor(
  { runtime }: NodeSpec,
  { strategy, ports, images }: NodeNeeds,
): readonly Topic[] {
  const docker: readonly Topic[] = runtime === 'docker' ? ['docker'] : [];
  switch (strategy) {
    case 'quick':
      return docker;
    case 'standard':
    case 'thorough': {
      const needed: readonly Topic[] = [
        ...docker,
        'clock',
        'disk',
        'gpus',
        ...(ports.length > 0 ? (['ports', 'ours'] as const) : []),
        ...(images.length > 0 && runtime === 'docker' ? (['images'] as const) : []),
      ];
      return strategy === 'standard'
        ? needed
        : [...new Set([...needed, 'gpu-processes', 'ours'] as const)];
    }
  }
}

function judge(
  node: NodeSpec,
  needs: NodeNeeds,
  survey: Survey,
  canRun: boolean,
): ReturnType<typeof judgeImages> {
  const images = canRun
    ? judgeImages(node, survey.images, needs.images)
    : { ...NOTHING_FOUND, images: [] };
  const findings: readonly Findings[] = [
    judgeDisks(
      node,
      { disks: survey.facts.disks, forbidden: survey.forbidden },
      { floorBytes: needs.minFreeDiskBytes, filesBytes: needs.filesBytes },
    ),
    judgePorts(node, survey.portHolders, needs.ports),
    judgeGpus(node, survey.gpus, needs.gpus),
    images,
    { problems: [], warnings: judgeClock(survey.facts) },
  ];
  return { ...joinFindings(findings), images: images.images };
}
