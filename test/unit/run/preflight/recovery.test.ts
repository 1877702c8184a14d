import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Connection } from '../../../../src/remote/connection.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import {
  describeRestart,
  parseRestart,
  restartDocker,
} from '../../../../src/run/preflight/recovery/restart-docker.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeStandInDocker } from '../../../support/stand-in-docker.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const signal = new AbortController().signal;

async function openNode(PATH: string): Promise<Connection> {
  const opened = await openLocal(nodeSpec(), { cwd: '/', environment: { PATH } });
  if (!opened.ok) throw new Error(opened.failure.message);
  onTestFinished(() => opened.value.close());
  return opened.value;
}

describe.skipIf(process.getuid?.() !== 0)('a Docker that is stopped', () => {
  it('is started again, and waited for', async () => {
    const docker = await makeStandInDocker(await makeTempFolder());
    await docker.stop();
    const node = await openNode(docker.path);
    const restarted = await restartDocker(node, signal);
    expect(restarted.result).toBe('started');
    expect(describeRestart(restarted)).toMatch(
      /started again with `(service docker start|systemctl start docker)`/,
    );
    const asked = await node.exec({ argv: ['docker', 'version'] });
    expect(asked).toMatchObject({ termination: 'exited', exitCode: 0 });
  });

  it('that cannot be started is told', async () => {
    const folder = await makeTempFolder();
    const docker = await makeStandInDocker(folder);
    await docker.stop();
    await writeFile(path.join(folder, 'state/unstartable'), '');
    const restarted = await restartDocker(await openNode(docker.path), signal);
    expect(restarted.result).toBe('failed');
    expect(describeRestart(restarted)).toContain('failed: look at journalctl');
  });
});

describe('a Docker that is not stopped', () => {
  it('is left alone: running, forbidden, or not there', async () => {
    const running = await makeStandInDocker(await makeTempFolder());
    const forbidden = await makeStandInDocker(await makeTempFolder());
    await forbidden.forbid();
    for (const PATH of [running.path, forbidden.path, '/nowhere']) {
      const restarted = await restartDocker(await openNode(PATH), signal);
      expect(restarted).toEqual({ result: 'nothing' });
      expect(describeRestart(restarted)).toBeNull();
    }
  });
});

describe('what came of a restart', () => {
  it.each([
    [
      'started sudo -n systemctl start docker\n',
      { result: 'started', command: 'sudo -n systemctl start docker' },
    ],
    ['silent service docker start', { result: 'silent', command: 'service docker start' }],
    ['forbidden\n', { result: 'forbidden' }],
    ['', { result: 'nothing' }],
  ])('is read from %j', (text, restart) => {
    expect(parseRestart(text)).toEqual(restart);
  });
});
