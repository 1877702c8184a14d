import type { BuiltImage } from '../images/image-archive.js';
import type { LabNode } from './layout.js';
import { attemptOnNode, runOnNode } from './processes.js';

/** Loads into the node's dockerd those of the images that it does not have. */
export async function loadImages(node: LabNode, images: readonly BuiltImage[]): Promise<void> {
  for (const image of images) {
    const inspect = ['docker', 'image', 'inspect', '--format', '{{.Id}}', image.tag];
    const present = await attemptOnNode(node, inspect);
    if (present.stdout.trim() === image.id) continue;
    await runOnNode(node, ['docker', 'load', '--quiet'], { inputFile: image.archive });
  }
}
