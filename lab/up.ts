import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { UsageError, runEntry, say } from './entry.js';
import { buildBusyboxImage } from './images/busybox.js';
import type { BuiltImage } from './images/image-archive.js';
import { buildLlamaImage } from './images/llama.js';
import { withLabLock } from './machine/lock.js';
import { installMissingPrograms } from './machine/requirements.js';
import { existingNodes } from './nodes/existing.js';
import { createLoginKey } from './nodes/identity.js';
import { loadImages } from './nodes/images.js';
import { MOST_NODES, labNode } from './nodes/layout.js';
import { createBridge } from './nodes/network.js';
import { startNode } from './nodes/start.js';
import { removeNode } from './nodes/stop.js';
import { buildNodeRoots } from './packages/base-root.js';
import { removePartialBuilds } from './packages/cached.js';
import { writeProject } from './project/write-project.js';

const PROJECT_ROOT = join(import.meta.dirname, '..');
const DEFAULT_NODES = 3;

await runEntry(async () => {
  const wanted = askedForNodes();
  await withLabLock(() => bringUp(wanted));
});

/** Brings up whatever is missing of a lab with this many nodes; `null`: as many as it has. */
async function bringUp(wanted: number | null): Promise<void> {
  const start = performance.now();
  await installMissingPrograms(say);
  await removePartialBuilds();
  const [roots, images] = await Promise.all([buildNodeRoots(say), buildImages()]);
  const existing = existingNodes();
  const count = wanted ?? existing.at(-1)?.index ?? DEFAULT_NODES;
  for (const node of existing.filter(({ index }) => index > count)) {
    say(`removing ${node.name}`);
    await removeNode(node);
  }
  await createLoginKey();
  await createBridge();
  const nodes = Array.from({ length: count }, (_, index) => labNode(index + 1));
  await Promise.all(
    nodes.map(async (node) => {
      await startNode(node, roots, PROJECT_ROOT);
      await loadImages(node, images);
    }),
  );
  await writeProject(join(PROJECT_ROOT, '.lab'), nodes);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`${count === 1 ? 'node1 is' : `node1 … node${count} are`} up (${seconds} s)`);
  say('try: ssh -i .lab/key -o UserKnownHostsFile=.lab/known_hosts root@' + labNode(1).host);
}

async function buildImages(): Promise<BuiltImage[]> {
  return [await buildBusyboxImage(), await buildLlamaImage()];
}

function askedForNodes(): number | null {
  let nodes: string | undefined;
  try {
    nodes = parseArgs({ options: { nodes: { type: 'string' } } }).values.nodes;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Usage: npm run lab:up -- [--nodes N]`);
  }
  if (nodes === undefined) return null;
  const count = Number(nodes);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_NODES) return count;
  throw new UsageError(`--nodes takes a number from 1 to ${MOST_NODES}, not "${nodes}".`);
}
