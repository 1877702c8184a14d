import type { Command } from '../../../model/command.js';
import type { Failure, Outcome } from '../../../model/failure.js';
import type { ServiceSpec } from '../../../model/service.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import type { Deployment } from '../../backend.js';
import {
  buildCommand,
  composeStartCommand,
  configCommand,
  createCommand,
  startCommand,
} from '../commands.js';
import { linesOf, type Purpose, runOnNode } from '../run-on.js';
import type { Detect } from '../runtime/check.js';
import type { ComposeTool } from '../runtime/versions.js';
import { type ComposeModel, parseComposeModel } from './compose-model.js';
import { asRefusal, classifyCreate, findApart } from './create-failure.js';
import { IMAGE_MS, absent, ensureImages, findMissingImages, imagesOf } from './images.js';
import { renderOverride } from './override.js';
import { isJoinedAtStart, makeableAhead, turnsOf } from './turns.js';

/** Networks, volumes and containers: nothing that takes long. */
const CREATE_MS = 3 * 60_000;
/** A compose file with everything that it includes. */
const LARGEST_MODEL = 64 * 1024 * 1024;

/** The containers of a service, made and not started. */
export interface Made {
  readonly containers: readonly string[];
  readonly start: Command;
}

/** What was made, by the service's id. */
export type MadeServices = ReadonlyMap<string, Made>;

export interface Creation {
  readonly pool: ConnectionPool;
  readonly detect: Detect;
  readonly deployment: Deployment;
  readonly services: readonly ServiceSpec[];
  /** Before anybody's turn: there is time to pull images. `false`: what is not there is a failure. */
  readonly isAhead: boolean;
  readonly signal: AbortSignal;
}

/**
 * Makes the containers of services, with networks and volumes, without starting any. Ahead of their turn, those are left
 * out that V1 cannot make then. What was made before something failed stays: the caller knows what else is there.
 */
export async function createContainers(creation: Creation): Promise<Outcome<MadeServices>> {
  const { deployment, services, detect, signal } = creation;
  const detected = await detect(deployment.node, signal);
  if (!detected.ok) return detected;
  const { compose } = detected.value;
  const made = new Map<string, Made>();
  // One after the other: two that make the same network at the same time make two of it.
  for (const own of groupByFile(services)) {
    const created = await createOfFile(creation, compose, own);
    if (!created.ok) return created;
    for (const [id, service] of created.value) made.set(id, service);
  }
  return { ok: true, value: made };
}

type Services = readonly [ServiceSpec, ...ServiceSpec[]];

function groupByFile(services: readonly ServiceSpec[]): Iterable<Services> {
  const groups = new Map<string, Services>();
  for (const service of services) {
    const group = groups.get(service.composeFile);
    groups.set(service.composeFile, group ? [...group, service] : [service]);
  }
  return groups.values();
}

async function createOfFile(
  creation: Creation,
  compose: ComposeTool,
  services: Services,
): Promise<Outcome<MadeServices>> {
  const [files] = services;
  const { pool, deployment, signal } = creation;
  const { node } = deployment;
  const purpose = (what: string): Purpose => ({
    place: { node: node.name },
    what: `${files.composeFile}: ${what}`,
    kind: 'service_start',
    timeoutMs: CREATE_MS,
    signal,
  });
  const explained = <T>(outcome: Outcome<T>): Outcome<T> =>
    outcome.ok ? outcome : { ok: false, failure: classifyCreate(outcome.failure, services) };

  const config = configCommand(deployment, files, compose);
  const read = explained(
    await runOnNode(pool, node, config, {
      ...purpose('compose cannot use it'),
      captureLimit: LARGEST_MODEL,
    }),
  );
  if (!read.ok) return { ok: false, failure: asRefusal(read.failure) };
  const model = parseComposeModel(read.value.stdout.toString());

  const images = await provideImages(creation, model, services);
  if (!images.ok) return images;
  const built = services
    .map(({ name }) => name)
    .filter((name) => model.services.get(name)?.isBuilt === true);
  const override = renderOverride(deployment, services, model);
  if (built.length > 0) {
    const build = buildCommand(deployment, files, compose, built, override);
    const done = explained(
      await runOnNode(pool, node, build, {
        ...purpose('images could not be built'),
        timeoutMs: IMAGE_MS,
      }),
    );
    if (!done.ok) return done;
  }

  let containers: ReadonlyMap<string, readonly string[]> = new Map();
  const due = creation.isAhead ? makeableAhead(services, model, compose) : services;
  for (const names of turnsOf(due, model, compose)) {
    const create = createCommand(deployment, files, compose, names, override);
    const created = explained(
      await runOnNode(pool, node, create, purpose('containers could not be created')),
    );
    if (!created.ok) return created;
    const apart = findApart(linesOf(created.value.stderr), services);
    if (apart) return { ok: false, failure: apart };
    // Each turn lists those of the turns before, too.
    containers = parseContainers(linesOf(created.value.stdout));
  }
  return {
    ok: true,
    value: new Map(
      due.flatMap((service): [string, Made][] => {
        const ids = containers.get(service.id) ?? [];
        const start = isJoinedAtStart(service, model, compose)
          ? composeStartCommand(deployment, files, compose, service)
          : startCommand(ids);
        return ids.length === 0 ? [] : [[service.id, { containers: ids, start }]];
      }),
    ),
  };
}

async function provideImages(
  { pool, deployment, isAhead, signal }: Creation,
  model: ComposeModel,
  services: readonly ServiceSpec[],
): Promise<Outcome<void>> {
  const wanted = imagesOf(model, services);
  if (isAhead) return ensureImages(pool, deployment.node, wanted, signal);
  const names = wanted.map(({ image }) => image);
  const missing = await findMissingImages(pool, deployment.node, names, signal);
  if (!missing.ok) return missing;
  const first: Failure | undefined = wanted
    .filter(({ image }) => missing.value.includes(image))
    .map((one) => absent(one, 'a service that is starting cannot wait for it'))[0];
  return first ? { ok: false, failure: first } : { ok: true, value: undefined };
}

/** @param lines `ID SERVICE`. */
export function parseContainers(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const containers = new Map<string, readonly string[]>();
  for (const line of lines) {
    const [id = '', ...rest] = line.split(' ');
    const service = rest.join(' ');
    containers.set(service, [...(containers.get(service) ?? []), id]);
  }
  return containers;
}
