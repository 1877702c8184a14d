import type { Clock } from '../../../async/clock.js';
import type { Command } from '../../../model/command.js';
import { createFailure, type Outcome } from '../../../model/failure.js';
import type { DiskFacts, NodeFacts } from '../../../model/node-facts.js';
import type { Connection } from '../../../remote/connection.js';
import { type Answer, linesOf, parseAnswer, textOf } from './answer.js';
import { parseClock } from './clock.js';
import { type GpuAnswer, type GpuProcess, parseGpuProcesses, parseGpus } from './gpus.js';
import { type ImageAnswer, parseImages } from './images.js';
import { parseDisk, parseMachine } from './machine.js';
import { parseOurProcesses } from './ours.js';
import { type PortHolder, parsePortHolders } from './ports.js';
import { SURVEY } from './script.js';

export type Topic =
  'clock' | 'docker' | 'disk' | 'gpus' | 'gpu-processes' | 'ports' | 'ours' | 'images';

export interface Questions {
  readonly topics: readonly Topic[];
  /** Where working folders go, absolute, on the node. */
  readonly work: string;
  /** Where results go that lie elsewhere. */
  readonly results: string | null;
  readonly images: readonly string[];
}

/** All that a node said of itself. */
export interface Survey {
  readonly facts: NodeFacts;
  readonly gpus: GpuAnswer;
  readonly gpuProcesses: readonly GpuProcess[];
  readonly ours: ReadonlySet<number>;
  readonly forbidden: readonly { readonly use: DiskFacts['use']; readonly path: string }[];
  readonly portHolders: readonly PortHolder[];
  readonly images: ReadonlyMap<string, ImageAnswer>;
  /** Its time was up before all had answered. */
  readonly isCutOff: boolean;
}

/** Above the limits of everything that the script calls. */
const ANSWER_MS = 60_000;
const CAPTURE_LIMIT = 4 * 1024 * 1024;

function surveyCommand({ topics, work, results, images }: Questions): Command {
  return {
    argv: ['/bin/sh', '-c', SURVEY, 'playbook', topics.join(' '), work, results ?? '', ...images],
  };
}

/** Asks a node about itself, in one round trip. Changes nothing. */
export async function askNode(
  connection: Connection,
  questions: Questions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Outcome<Survey>> {
  const askedAt = clock.now();
  const begin = clock.monotonic();
  const result = await connection.exec(surveyCommand(questions), {
    signal,
    timeoutMs: ANSWER_MS,
    graceMs: 1_000,
    captureLimit: CAPTURE_LIMIT,
  });
  const answeredAt = askedAt + (clock.monotonic() - begin);
  const { node } = connection;
  switch (result.termination) {
    case 'connection-lost':
    case 'not-started':
      return {
        ok: false,
        failure: createFailure(
          result.termination === 'connection-lost' ? 'connection_lost' : 'runtime_missing',
          `it could not be asked about itself: ${result.reason}`,
          { node },
        ),
      };
    case 'cancelled':
      return { ok: false, failure: createFailure('cancelled', 'cancelled', { node }) };
    case 'exited':
    case 'signalled':
    case 'timed-out': {
      const answer = parseAnswer(result.stdout.toString('utf8'));
      return { ok: true, value: readSurvey(answer, questions, { askedAt, answeredAt }) };
    }
  }
}

function readSurvey(
  answer: Answer,
  { topics, work, results }: Questions,
  exchange: { readonly askedAt: number; readonly answeredAt: number },
): Survey {
  const folders = [
    { use: 'work', path: work },
    ...(results === null ? [] : [{ use: 'results', path: results } as const]),
    ...linesOf(answer, 'docker-root').map((path) => ({ use: 'docker', path }) as const),
  ] as const;
  const gpus = parseGpus(answer);
  return {
    facts: {
      ...parseMachine(answer),
      disks: folders.flatMap(
        ({ use, path }) => parseDisk(use, path, textOf(answer, `disk-${use}`)) ?? [],
      ),
      gpus: topics.includes('gpus') ? gpus.gpus : null,
      clock: parseClock(answer, exchange),
    },
    gpus,
    gpuProcesses: parseGpuProcesses(answer),
    ours: parseOurProcesses(answer),
    forbidden: folders.filter(({ use }) => answer.has(`forbidden-${use}`)),
    portHolders: parsePortHolders(answer),
    images: parseImages(answer),
    isCutOff: !answer.has('end'),
  };
}
