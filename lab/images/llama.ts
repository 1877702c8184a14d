import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../machine/command.js';
import { unpackPackages } from '../packages/debian.js';
import { addBusybox } from './busybox.js';
import { buildImage } from './image-archive.js';
import type { BuiltImage } from './image-archive.js';
import { buildTinyModel } from './tiny-model.js';

/** The only suite that has llama.cpp. The image brings its libc along, so the nodes' suite does not matter. */
const SUITE = 'sid';
const PACKAGES = ['llama.cpp-tools'];
/** Dependencies that busybox stands in for, or that only installing would need. */
const REPLACED = ['wget', 'debconf'];
/** `lab/llama:1`: llama.cpp's server on port 8080 with a tiny generated model, and busybox for health checks. */
export async function buildLlamaImage(): Promise<BuiltImage> {
  const model = buildTinyModel();
  return buildImage({
    tag: 'lab/llama:1',
    config: {
      Env: [
        'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
        'LLAMA_ARG_MODEL=/model/tiny.gguf',
        'LLAMA_ARG_HOST=0.0.0.0',
        'LLAMA_ARG_PORT=8080',
        'LLAMA_ARG_ALIAS=tiny',
      ],
      Cmd: ['llama-server'],
      ExposedPorts: { '8080/tcp': {} },
    },
    ingredients: [SUITE, PACKAGES, REPLACED, model.toString('base64'), 2],
    fill: async (root) => {
      await unpackPackages(SUITE, PACKAGES, { except: REPLACED }, root);
      // Character set tables and test programs are half of its size, and nothing here needs them.
      await run(['sh', '-c', 'rm -rf "$1"/usr/lib/*/gconv "$1"/usr/libexec', 'sh', root]);
      await addBusybox(root);
      await mkdir(join(root, 'model'));
      await writeFile(join(root, 'model/tiny.gguf'), model);
    },
  });
}
