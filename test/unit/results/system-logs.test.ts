import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { collectSystemLogs } from '../../../src/results/system-logs.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { openNode } from './connection.js';

describe('system logs', () => {
  it('are the answers of the node, each in a file; what is missing is noted there', async () => {
    const root = await makeTempFolder();
    const connection = await openNode(root);
    const folder = path.join(root, 'nodes/node1/system');
    const failures = await collectSystemLogs({
      connection,
      folder,
      mask: (text) => text,
      signal: new AbortController().signal,
    });
    expect(failures).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual([
      'df.txt',
      'dmesg.txt',
      'docker_info.txt',
      'free.txt',
      'nvidia_smi.txt',
      'ps.txt',
      'uname.txt',
    ]);
    const { stdout } = await connection.exec({ argv: ['uname', '-a'] });
    expect(await readFile(path.join(folder, 'uname.txt'), 'utf8')).toBe(
      `$ uname -a\n${stdout.toString()}`,
    );
  });

  it('hold no secret, and wait for no program that hangs', async () => {
    const root = await makeTempFolder();
    const programs = path.join(root, 'bin');
    await mkdir(programs);
    const script = async (name: string, content: string) => {
      await writeFile(path.join(programs, name), `#!/bin/sh\n${content}\n`);
      await chmod(path.join(programs, name), 0o755);
    };
    await script('ps', 'echo engine --api-key P@$$w0rd');
    await script('nvidia-smi', 'echo begun; exec sleep 600');
    await script('docker', 'echo broken >&2; exit 3');
    const connection = await openNode(root);
    const before = process.env['PATH'];
    process.env['PATH'] = `${programs}:${before ?? ''}`;
    try {
      await collectSystemLogs({
        connection,
        folder: path.join(root, 'system'),
        mask: (text) => text.replaceAll(/P@\S+/g, '***'),
        signal: new AbortController().signal,
        timeoutMs: 2_000,
      });
    } finally {
      process.env['PATH'] = before;
    }
    const read = (name: string) => readFile(path.join(root, 'system', name), 'utf8');
    expect(await read('ps.txt')).toBe('$ ps aux\nengine --api-key ***\n');
    expect(await read('nvidia_smi.txt')).toBe(
      '$ nvidia-smi\nbegun\n[stopped: no answer in time]\n',
    );
    expect(await read('docker_info.txt')).toBe('$ docker info\nbroken\n[exited with status 3]\n');
  });

  it('that cannot be written are a failure', async () => {
    const root = await makeTempFolder();
    await writeFile(path.join(root, 'system'), 'a file');
    const failures = await collectSystemLogs({
      connection: await openNode(root),
      folder: path.join(root, 'system'),
      mask: (text) => text,
      signal: new AbortController().signal,
    });
    expect(failures).toMatchObject([{ kind: 'transfer', node: 'controller' }]);
  });
});
