import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CommandResult } from '../../../../../src/model/command.js';
import type { Connection } from '../../../../../src/remote/connection.js';
import { openLocal } from '../../../../../src/remote/local/connection.js';
import { createManualClock } from '../../../../support/manual-clock.js';
import { nodeSpec } from '../../../../support/specs.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';

async function open(cwd = '/', clock = createManualClock()): Promise<Connection> {
  const opened = await openLocal(nodeSpec(), { cwd, clock });
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

const reasonOf = (result: CommandResult) =>
  'reason' in result ? result.reason : `not a failure: ${result.termination}`;

describe('a command on this machine', () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await open();
  });
  afterAll(() => connection.close());
  const sh = (script: string, env: Record<string, string> = {}) =>
    connection.exec({ argv: ['/bin/sh', '-c', script], env });

  it('runs in the folder of the connection where it names none', async () => {
    const folder = await makeTempFolder();
    const other = await open(folder);
    const result = await other.exec({ argv: ['/bin/sh', '-c', 'pwd; echo "$PWD"'] });
    expect(result.stdout.toString()).toBe(`${folder}\n${folder}\n`);
    await other.close();
  });

  it('keeps the mark of a run that it is nested in', async () => {
    process.env['PLAYBOOK_EXEC'] = 'outer';
    const result = await sh('echo $PLAYBOOK_EXEC', { PLAYBOOK_EXEC: 'forged' });
    delete process.env['PLAYBOOK_EXEC'];
    expect(result.stdout.toString()).toMatch(/^outer,[0-9a-f-]{36}\n$/);
  });

  it('takes its timeout and its grace period from the clock', async () => {
    const clock = createManualClock();
    const other = await open('/', clock);
    const stdout = new PassThrough();
    const running = other.exec(
      { argv: ['/bin/sh', '-c', `trap '' TERM; echo ready; sleep 60; sleep 60`] },
      { timeoutMs: 3_600_000, graceMs: 60_000, stdout },
    );
    await once(stdout, 'data');
    await clock.advance(3_600_000);
    await clock.sleeping();
    await clock.advance(60_000);
    expect((await running).termination).toBe('timed-out');
    expect(clock.remaining).toEqual([]);
    await other.close();
  });

  it('is refused where a variable has no name', async () => {
    const result = await sh('true', { 'A=B': '1' });
    expect(reasonOf(result)).toBe("not a name for an environment variable: 'A=B'");
  });

  it('that is a folder, or empty, or holds a NUL byte, is told as such', async () => {
    expect(reasonOf(await connection.exec({ argv: ['/tmp'] }))).toBe('is a directory: /tmp');
    expect(reasonOf(await connection.exec({ argv: [''] }))).toBe('the command is empty');
    expect(reasonOf(await connection.exec({ argv: ['true', 'a\0b'] }))).toContain('NUL byte');
  });

  it('whose interpreter is missing is told as such, also with Windows line ends', async () => {
    const folder = await makeTempFolder();
    const script = path.join(folder, 'run_test.sh');
    await writeFile(script, '#!/bin/sh\r\necho hello\r\n');
    await chmod(script, 0o755);
    expect(reasonOf(await connection.exec({ argv: ['./run_test.sh'], cwd: folder }))).toBe(
      `cannot be run: ${script} (its first line names an interpreter that does not exist: "/bin/sh\\r")`,
    );
  });

  it('that is found but not executable is told as such', async () => {
    const folder = await makeTempFolder();
    await writeFile(path.join(folder, 'tool'), '');
    const result = await connection.exec({ argv: ['tool'], env: { PATH: folder } });
    expect(reasonOf(result)).toContain(`permission denied: ${folder}/tool`);
  });

  it('in a folder that is a file is told as such', async () => {
    const result = await connection.exec({ argv: ['true'], cwd: '/etc/passwd' });
    expect(reasonOf(result)).toBe('working directory is a file: /etc/passwd');
  });

  it('is not waited for by a stranger that was given its stream', async () => {
    // What has another mark, or none, is no part of the tree, and it holds the stream open.
    const begin = performance.now();
    const result = await sh('echo out; env -i setsid sleep 3 & sleep 0.1');
    expect(result.stdout.toString()).toBe('out\n');
    expect(performance.now() - begin).toBeLessThan(2_500);
  });

  it('writes 64 MB to each stream in bounded memory, byte-identical', async () => {
    const size = 64_000_000;
    const hashing = () => {
      const hash = createHash('sha256');
      const sink = new Writable({
        highWaterMark: 64 * 1024,
        write(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          setImmediate(done);
        },
      });
      return { sink, digest: () => hash.digest('hex') };
    };
    const script = `awk 'BEGIN { for (i = 0; i < ${size / 64}; i++) printf "%056d\\303\\274%c\\377\\376\\001\\n", i, 0 }'`;
    const out = hashing();
    const err = hashing();
    const wanted = await sh(`${script} | tee /dev/null | sha256sum`);
    global.gc?.();
    const before = process.memoryUsage();
    let largest = 0;
    const watch = setInterval(() => {
      largest = Math.max(largest, process.memoryUsage().rss);
    }, 10);
    const result = await connection.exec(
      { argv: ['/bin/sh', '-c', `${script} & ${script} >&2; wait`], env: { LC_ALL: 'C' } },
      { stdout: out.sink, stderr: err.sink },
    );
    clearInterval(watch);
    expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
    const digest = wanted.stdout.toString().split(' ')[0];
    expect([out.digest(), err.digest()]).toEqual([digest, digest]);
    expect(largest - before.rss).toBeLessThan(100_000_000);
  });

  it('leaves no descriptor behind', async () => {
    const descriptors = async () => (await readdir('/dev/fd')).length;
    const other = await open();
    const use = async () => {
      await other.exec({ argv: ['cat'], stdin: 'x' });
      await other.exec({ argv: ['no-such-command'] });
      await other.exec({ argv: ['true'] }, { signal: AbortSignal.abort() });
      await other.exec({ argv: ['sleep', '60'] }, { signal: AbortSignal.timeout(5) });
    };
    await use();
    const before = await descriptors();
    for (let round = 0; round < 25; round += 1) await use();
    // Pipes are made in stock, so the number moves within one batch.
    expect((await descriptors()) - before).toBeLessThanOrEqual(32);
    await other.close();
    expect(await descriptors()).toBeLessThan(before);
  });

  it('leaves no file behind', async () => {
    const folder = await makeTempFolder();
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = folder;
    const other = await open();
    await other.exec({ argv: ['true'] });
    expect(await readdir(folder)).toEqual([]);
    await other.close();
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  });

  it('works where no pipes can be made', async () => {
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = '/no/such/folder';
    const other = await open();
    const result = await other.exec({ argv: ['cat'], stdin: 'through a socket' });
    expect(result.stdout.toString()).toBe('through a socket');
    await other.close();
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  });
});
