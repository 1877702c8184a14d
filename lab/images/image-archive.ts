import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { run } from '../machine/command.js';
import { cached } from '../packages/cached.js';

/** What a Dockerfile would say besides the files. */
export interface ImageConfig {
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
}

export interface ImageRecipe {
  /** `lab/busybox:1`. */
  readonly tag: string;
  readonly config: ImageConfig;
  /** Everything else that the content depends on. */
  readonly ingredients: unknown;
  /** Fills the image's root folder. */
  readonly fill: (root: string) => Promise<void>;
}

export interface BuiltImage {
  readonly tag: string;
  /** As `docker image inspect` shows it: the same in every daemon that loaded it. */
  readonly id: string;
  /** For `docker load`. */
  readonly archive: string;
}

/** Builds an image of one layer as `docker save` would write it, with no daemon; taken from the cache where it is there. */
export async function buildImage(recipe: ImageRecipe): Promise<BuiltImage> {
  const name = recipe.tag.replace(/[^a-z0-9]+/g, '-');
  const folder = await cached(name, [recipe.config, recipe.ingredients], async (target) => {
    const root = join(target, 'root');
    await mkdir(root);
    await recipe.fill(root);
    const id = await writeArchive(recipe, root, target);
    await writeFile(join(target, 'id'), id);
    await rm(root, { recursive: true });
  });
  const id = await readFile(join(folder, 'id'), 'utf8');
  return { tag: recipe.tag, id, archive: join(folder, 'image.tar') };
}

/** Writes `image.tar` and answers the image's id. */
async function writeArchive(recipe: ImageRecipe, root: string, target: string): Promise<string> {
  const content = join(target, 'content');
  await mkdir(join(content, 'layer'), { recursive: true });
  const layer = join(content, 'layer/layer.tar');
  await run([
    ...['tar', '--create', '--file', layer, '--directory', root],
    ...['--sort=name', '--numeric-owner', '--owner=0', '--group=0', '--mtime=@0', '.'],
  ]);
  const created = '1970-01-01T00:00:00Z';
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created,
    config: recipe.config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`] },
    history: [{ created, created_by: 'playbook lab' }],
  });
  const digest = createHash('sha256').update(config).digest('hex');
  await writeFile(join(content, `${digest}.json`), config);
  await writeFile(
    join(content, 'manifest.json'),
    JSON.stringify([
      { Config: `${digest}.json`, RepoTags: [recipe.tag], Layers: ['layer/layer.tar'] },
    ]),
  );
  await run(['tar', '-C', content, '-cf', join(target, 'image.tar'), '.']);
  await rm(content, { recursive: true });
  return `sha256:${digest}`;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
