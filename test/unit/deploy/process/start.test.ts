import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ServiceSpec } from '../../../../src/model/service.js';
import type { BackendUnderTest } from '../../../contract/backend.js';
import { openLocalBackend } from '../../../support/local-backend.js';

const never = new AbortController().signal;

describe('a service that cannot be started', () => {
  let test: BackendUnderTest;
  beforeEach(async () => {
    test = await openLocalBackend();
  });
  afterEach(() => test.close());

  const failureOf = async (service: ServiceSpec) => {
    const outcome = await test.backend.up(test.deployment, service, never);
    if (outcome.ok) throw new Error('it started');
    expect(outcome.failure).toMatchObject({
      kind: 'service_start',
      node: 'node1',
      service: service.id,
      source: service.source,
    });
    return outcome.failure;
  };
  const run = (...argv: string[]) => test.serviceSpec({ run: argv });
  const script = async (name: string, text: string, mode = 0o755) => {
    const file = path.join(test.deployment.workingFolder, name);
    await writeFile(file, text);
    await chmod(file, mode);
  };

  it('names a command that is not there', async () => {
    expect((await failureOf(run('vllm', 'serve'))).message).toBe('command not found: vllm');
    expect((await failureOf(run('./server'))).message).toBe('command not found: ./server');
  });

  it('looks in the PATH that the service is given', async () => {
    const service = test.serviceSpec({ run: ['sleep', '1'], env: { PATH: '/no/such/folder' } });
    expect((await failureOf(service)).message).toBe('command not found: sleep');
  });

  it('says that the file is not executable, and what to do', async () => {
    await script('server', '#!/bin/sh\n', 0o644);
    const failure = await failureOf(run('./server'));
    expect(failure.message).toContain('permission denied: ./server');
    expect(failure.hint).toContain('chmod +x');
  });

  it('says that it is a directory', async () => {
    expect((await failureOf(run('/tmp'))).message).toBe('is a directory: /tmp');
  });

  it('names a working directory that is not there', async () => {
    const service = run('true');
    const spec = { ...service, process: { ...service.process, workingDir: 'sub' } } as ServiceSpec;
    expect((await failureOf(spec)).message).toBe(
      `working directory does not exist: ${test.deployment.workingFolder}/sub`,
    );
    await mkdir(path.join(test.deployment.workingFolder, 'sub'));
    expect(await test.backend.up(test.deployment, spec, never)).toMatchObject({ ok: true });
  });

  it('names a log that cannot be written', async () => {
    await mkdir(path.join(test.deployment.stateFolder, 'service.log'));
    expect((await failureOf(run('true'))).message).toContain('service.log');
  });

  it('says that its process id cannot be recorded', async () => {
    await mkdir(path.join(test.deployment.stateFolder, 'service.pid'));
    expect((await failureOf(run('true'))).message).toContain('cannot be recorded');
  });

  it('leaves nothing behind', async () => {
    await failureOf(run('vllm'));
    expect(await test.backend.leftovers(test.deployment)).toEqual({ ok: true, value: [] });
  });

  const exitOf = async (service: ServiceSpec) => {
    const outcome = await test.backend.up(test.deployment, service, never);
    if (!outcome.ok) throw new Error(outcome.failure.message);
    const events = test.backend.watch(outcome.value, never);
    for await (const event of events) {
      if (event.type !== 'exited') continue;
      const lines = await test.backend.lastLines(outcome.value, 1);
      return { description: event.exit.description, lastLine: lines[0] };
    }
    throw new Error('it never ended');
  };

  it('says in its log that a script has no interpreter', async () => {
    await script('server', '#! /opt/venv/bin/python -u\n');
    const { description, lastLine } = await exitOf(run('./server'));
    expect(description).toMatch(/^exited with status 12[67] /);
    // Where `sh` is bash, it explains it in its own words.
    expect(lastLine).toMatch(
      /no interpreter for .\/server: #! \/opt\/venv\/bin\/python -u|cannot execute|bad interpreter/,
    );
  });

  it('says in its log that the lines of a script end as on Windows', async () => {
    await script('server', '#!/bin/sh\r\necho\r\n');
    const service = test.serviceSpec({
      run: ['server'],
      env: { PATH: test.deployment.workingFolder },
    });
    expect((await exitOf(service)).lastLine).toBe(
      'playbook: the lines of server end as on Windows',
    );
  });

  it('says at the end what the status of a shell means', async () => {
    expect((await exitOf(run('/bin/sh', '-c', 'no-such-tool'))).description).toBe(
      'exited with status 127 (a command was not found)',
    );
  });
});

describe('the folders of a deployment', () => {
  it('are told when they are missing', async () => {
    const test = await openLocalBackend();
    const stateFolder = path.join(test.deployment.stateFolder, 'nowhere');
    expect(await test.backend.prepare({ ...test.deployment, stateFolder }, never)).toMatchObject({
      ok: false,
      failure: { kind: 'transfer', node: 'node1', message: `there is no folder ${stateFolder}` },
    });
    await test.close();
  });
});
