import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { NodeSpec } from '../../../model/node.js';
import type { ServiceSpec } from '../../../model/service.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import { imageIdsCommand, missingImagesCommand, pullCommand } from '../commands.js';
import { linesOf, runOnNode } from '../run-on.js';
import type { ComposeModel } from './compose-model.js';

/** Images of inference engines are tens of gigabytes. */
export const IMAGE_MS = 60 * 60_000;
const ANSWER_MS = 60_000;

/** The image of a service, before anything is done about it. */
export interface WantedImage {
  readonly service: ServiceSpec;
  readonly image: string;
  readonly platform: string | null;
  readonly policy: 'missing' | 'always' | 'never';
}

/** The images that services run, apart from those that are built from the scenario's own files. */
export function imagesOf(model: ComposeModel, services: readonly ServiceSpec[]): WantedImage[] {
  return services.flatMap((service) => {
    const entry = model.services.get(service.name);
    if (!entry || entry.isBuilt || entry.image === null) return [];
    const { image, platform, pullPolicy } = entry;
    const policy = pullPolicy === 'always' || pullPolicy === 'never' ? pullPolicy : 'missing';
    return [{ service, image, platform, policy }];
  });
}

/** Which of some images are not on a node. Changes nothing. */
export async function findMissingImages(
  pool: ConnectionPool,
  node: NodeSpec,
  images: readonly string[],
  signal?: AbortSignal,
): Promise<Outcome<readonly string[]>> {
  const distinct = [...new Set(images)];
  if (distinct.length === 0) return { ok: true, value: [] };
  const asked = await runOnNode(pool, node, missingImagesCommand(distinct), {
    place: { node: node.name },
    what: 'its images could not be listed',
    kind: 'runtime_missing',
    timeoutMs: ANSWER_MS,
    ...(signal ? { signal } : {}),
  });
  if (!asked.ok) return asked;
  const missing = new Set(linesOf(asked.value.stdout));
  return { ok: true, value: distinct.filter((image) => missing.has(image)) };
}

/** The ids of images that are on a node, by name. Changes nothing. */
export async function readImageIds(
  pool: ConnectionPool,
  node: NodeSpec,
  images: readonly string[],
  signal: AbortSignal,
): Promise<Outcome<ReadonlyMap<string, string>>> {
  const distinct = [...new Set(images)];
  if (distinct.length === 0) return { ok: true, value: new Map() };
  const asked = await runOnNode(pool, node, imageIdsCommand(distinct), {
    place: { node: node.name },
    what: 'its images could not be listed',
    kind: 'runtime_missing',
    timeoutMs: ANSWER_MS,
    signal,
  });
  if (!asked.ok) return asked;
  const ids = linesOf(asked.value.stdout).map((line): [string, string] => {
    const [id = '', ...name] = line.split(' ');
    return [name.join(' '), id];
  });
  return { ok: true, value: new Map(ids) };
}

/** Sees to it that the images of some services are on the node: pulls what is missing, all at once. */
export async function ensureImages(
  pool: ConnectionPool,
  node: NodeSpec,
  wanted: readonly WantedImage[],
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const names = wanted.map(({ image }) => image);
  const found = await findMissingImages(pool, node, names, signal);
  if (!found.ok) return found;
  const isMissing = ({ image }: WantedImage) => found.value.includes(image);

  const forbidden = wanted.find((one) => one.policy === 'never' && isMissing(one));
  if (forbidden) return { ok: false, failure: absent(forbidden, 'its pull_policy is never') };
  const pulled = new Map(
    wanted
      .filter((one) => one.policy === 'always' || isMissing(one))
      .map((one) => [`${one.image} ${one.platform ?? ''}`, one]),
  );
  const outcomes = await Promise.all(
    [...pulled.values()].map((one) => pull(pool, node, one, signal)),
  );
  return outcomes.find((outcome) => !outcome.ok) ?? { ok: true, value: undefined };
}

/** Of an image that is needed at once, where there is no time left to pull it. */
export function absent({ service, image }: WantedImage, why: string): Failure {
  return createFailure('service_start', `image ${image} is not on the node, and ${why}`, {
    ...placeOf(service),
    hint: `docker pull ${image}`,
  });
}

async function pull(
  pool: ConnectionPool,
  node: NodeSpec,
  { service, image, platform }: WantedImage,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const pulled = await runOnNode(pool, node, pullCommand(image, platform), {
    place: placeOf(service),
    what: `image ${image} could not be pulled`,
    kind: 'transfer',
    timeoutMs: IMAGE_MS,
    signal,
  });
  if (pulled.ok) return { ok: true, value: undefined };
  return { ok: false, failure: classifyPull(pulled.failure, image) };
}

/** A name that is wrong stays wrong; a registry that cannot be reached may be later. */
export function classifyPull(failure: Failure, image: string): Failure {
  if (failure.kind !== 'transfer') return failure;
  const { message } = failure;
  if (/no space left on device/i.test(message)) {
    return { ...failure, kind: 'disk_full', hint: 'free some space: docker system df' };
  }
  if (/manifest unknown|not found|no matching manifest|invalid reference/i.test(message)) {
    return { ...failure, kind: 'service_start', hint: `is ${image} spelled right?` };
  }
  if (/access denied|unauthorized|forbidden|authentication required/i.test(message)) {
    const hint = `is ${image} spelled right? A private one needs \`docker login\` on the node`;
    return { ...failure, kind: 'service_start', hint };
  }
  return {
    ...failure,
    hint: `can the node reach the registry? Otherwise bring it there: docker save ${image} | ssh … docker load`,
  };
}

function placeOf({ id, node, source }: ServiceSpec) {
  return { node, service: id, source };
}
