import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../machine/command.js';
import { unpackPackages } from '../packages/debian.js';
import { buildImage } from './image-archive.js';
import type { BuiltImage } from './image-archive.js';

const SUITE = 'bookworm';

/** `lab/busybox:1`: a shell and some 270 small programs in two megabytes. */
export async function buildBusyboxImage(): Promise<BuiltImage> {
  return buildImage({
    tag: 'lab/busybox:1',
    config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    ingredients: [SUITE, 1],
    fill: async (root) => {
      await addBusybox(root);
      await writeFile(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
      await writeFile(
        join(root, 'etc/passwd'),
        'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
      );
    },
  });
}

/** Adds busybox to a root folder, under the name of every program that the root does not have itself. */
export async function addBusybox(root: string): Promise<void> {
  await unpackPackages(SUITE, ['busybox-static'], 'none', root);
  for (const folder of ['dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'var/tmp']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await run(['chmod', '1777', join(root, 'tmp'), join(root, 'var/tmp')]);
  await run(['rm', '-rf', join(root, 'usr/share')]);
  const link = `
    for name in $(/bin/busybox --list); do
      [ -e /usr/bin/$name ] || [ -e /usr/sbin/$name ] || /bin/busybox ln -s busybox /usr/bin/$name
    done`;
  await run(['chroot', root, '/bin/busybox', 'sh', '-ec', link]);
}
