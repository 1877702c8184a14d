import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import {
  type ProjectFolder,
  type Started,
  expectExit,
  isAlive,
  projectFolder,
  scenarioFiles,
} from '../support/project-folder.js';

const QUICK = scenarioFiles('001_quick', {});

/** A hook that says who it is, and then sleeps; `trap` is what it does when it is to end. */
const sleeper = (root: string, trap: string) => `#!/bin/sh
${trap}
echo $$ > '${root}/hook-pid'
sleep 300 & wait
`;

const summaryOf = async (project: ProjectFolder) =>
  JSON.parse((await project.playbook('results', '--format', 'json')).stdout) as readonly {
    status: string;
  }[];

const warned = (run: Started, text: string) =>
  run.event((event) => event.type === 'warning' && event.message.includes(text));

/** A server that takes a message and never answers. */
async function silentServer() {
  let requests = 0;
  const server = createServer(() => (requests += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/x`, requests: () => requests };
}

describe('when every scenario is over', () => {
  it.each([
    ['SIGINT', 130, 'interrupted by Ctrl-C'],
    ['SIGTERM', 143, 'terminated by SIGTERM'],
  ] as const)(
    '30: %s gives an after_suite hook a while, says so at once, and exits %i',
    { timeout: 60_000 },
    async (signal, code, why) => {
      const project = await projectFolder(QUICK);
      await project.write({ 'hooks/after_suite.sh': sleeper(project.root, '') });
      const run = project.start(['run', '--all', '--reporter', 'json']);
      await run.event(({ type }) => type === 'hook_started');
      await expect.poll(() => project.read('hook-pid').catch(() => '')).not.toBe('');
      run.child.kill(signal);
      await warned(run, `${why}: hooks have 10 s to come to their end`);
      expectExit(await run.finished, code);
      expect(isAlive(Number(await project.read('hook-pid')))).toBe(false);
      const suite = await project.suite();
      expect(suite).toMatchObject({
        ...{ status: 'cancelled', exit_code: code, scenarios: [{ status: 'completed' }] },
      });
      expect(suite.warnings.map(({ message }) => message)).toContain(
        'the hook hooks/after_suite.sh did not end within 10 s after the run was told to stop',
      );
      expect(await project.list('.playbook')).toEqual([]);
    },
  );

  it('30: a second Ctrl-C in an after_suite hook ends at once, and the results tell the same', async () => {
    const project = await projectFolder(QUICK);
    await project.write({ 'hooks/after_suite.sh': sleeper(project.root, "trap '' INT TERM") });
    const run = project.start(['run', '--all', '--reporter', 'json']);
    await run.event(({ type }) => type === 'hook_started');
    await expect.poll(() => project.read('hook-pid').catch(() => '')).not.toBe('');
    run.child.kill('SIGINT');
    const first = await warned(run, 'interrupted by Ctrl-C');
    // What comes at once is taken for the same Ctrl-C.
    await expect.poll(() => Date.now() - Date.parse(first.at)).toBeGreaterThan(100);
    run.child.kill('SIGINT');
    expectExit(await run.finished, 4);
    expect(await project.suite()).toMatchObject({ status: 'cancelled', exit_code: 4 });
    expect((await summaryOf(project))[0]?.status).toBe('cancelled');
    expect(await project.resultFile('test_report.md')).toContain('cancelled');
    expectExit(await project.playbook('cleanup'), 0);
    expect(isAlive(Number(await project.read('hook-pid')))).toBe(false);
  });

  it('30: Ctrl-C gives up a webhook that does not answer, and the results tell the same as the exit code', async () => {
    const { url, requests } = await silentServer();
    const project = await projectFolder({
      ...QUICK,
      'config/defaults.yaml': `notifications: { webhook: { url: "${url}", timeout: 300 } }\n`,
    });
    const run = project.start(['run', '--all', '--reporter', 'json']);
    await run.event(({ type }) => type === 'suite_finished');
    await expect.poll(requests).toBe(1);
    // Others may have the project by now.
    await expect.poll(() => project.list('.playbook')).toEqual([]);
    run.child.kill('SIGINT');
    await warned(run, 'interrupted by Ctrl-C: nothing more is waited for');
    expectExit(await run.finished, 130);
    expect(await project.suite()).toMatchObject({ status: 'cancelled', exit_code: 130 });
  });

  it('a webhook that does not answer is told of after a second, and the project is free meanwhile', async () => {
    const { url } = await silentServer();
    const project = await projectFolder({
      ...QUICK,
      'config/defaults.yaml': `notifications: { webhook: { url: "${url}", timeout: 300 } }\n`,
    });
    const run = project.start(['run', '--all', '--reporter', 'json']);
    const waiting = await run.event(({ type }) => type === 'waiting');
    expect(waiting).toMatchObject({ reason: `for the webhook on ${new URL(url).host}` });
    await project.write({ 'config/defaults.yaml': 'isolation: { foreign_load: 1000 }\n' });
    expectExit(await project.playbook('run', '--all'), 0);
    run.child.kill('SIGINT');
    expectExit(await run.finished, 130);
  });
});
