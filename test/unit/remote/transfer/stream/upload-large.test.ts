import { createHash, randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Connection } from '../../../../../src/remote/connection.js';
import type { Exec } from '../../../../../src/remote/transfer/stream/context.js';
import { isConnectionFault } from '../../../../../src/run/retry-policy.js';
import { uploadByStream } from '../../../../../src/remote/transfer/stream/upload/upload.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { changingInput, cutOff, tap } from './inputs.js';
import { contextOf, failureOf, openNode } from './nodes.js';
import { TOOLS_BY_PROCESSORS } from './tools.js';

const MB = 1024 * 1024;

describe.each(TOOLS_BY_PROCESSORS)('uploading large files to a node with $name', (tools) => {
  let connection: Connection;
  const upload = (
    from: string,
    to: string,
    exec: Exec = (command, options) => connection.exec(command, options),
  ) => uploadByStream(from, to, contextOf({ node: 'node1', exec }));

  beforeAll(async () => {
    connection = await openNode(tools);
  });
  afterAll(() => connection.close());

  it('brings a large file in a folder that may not be written to', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'weights'));
    const content = randomBytes(33 * MB + 17);
    await writeFile(path.join(from, 'weights/large'), content);
    await writeFile(path.join(from, 'small'), 'x');
    await chmod(path.join(from, 'weights'), 0o555);
    const to = path.join(await makeTempFolder(), 'to');
    expect(await upload(from, to)).toEqual({
      ok: true,
      value: { files: 2, bytes: content.length + 1 },
    });
    expect((await readFile(path.join(to, 'weights/large'))).equals(content)).toBe(true);
    expect((await stat(path.join(to, 'weights'))).mode & 0o777).toBe(0o555);
    expect(await readdir(path.join(to, 'weights'))).toEqual(['large']);
    for (const root of [from, to]) await chmod(path.join(root, 'weights'), 0o755);
  });

  it('keeps the modes of small files beside a large one', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'large'), Buffer.alloc(33 * MB));
    await mkdir(path.join(from, 'closed'));
    const modes = { none: 0o000, unreadable: 0o200, 'closed/unreadable': 0o200, script: 0o751 };
    for (const [name, mode] of Object.entries(modes)) {
      await writeFile(path.join(from, name), 'x');
      await chmod(path.join(from, name), mode);
    }
    await chmod(path.join(from, 'closed'), 0o500);
    const to = path.join(await makeTempFolder(), 'to');
    for (let round = 0; round < 2; round += 1) {
      expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: 5 } });
      for (const [name, mode] of Object.entries(modes)) {
        expect((await stat(path.join(to, name))).mode & 0o7777, name).toBe(mode);
      }
      expect((await stat(path.join(to, 'closed'))).mode & 0o777).toBe(0o500);
    }
    for (const root of [from, to]) await chmod(path.join(root, 'closed'), 0o755);
  });

  it('brings all of a file that grows meanwhile', async () => {
    const from = path.join(await makeTempFolder(), 'growing');
    // More than is read ahead.
    await writeFile(from, Buffer.alloc(24 * MB, 1));
    const to = path.join(await makeTempFolder(), 'to');
    let times = 0;
    const exec: Exec = (command, options) =>
      connection.exec(command, {
        ...options,
        ...changingInput(options, () => {
          times += 1;
          return times === 2 ? appendFile(from, Buffer.alloc(12_345, 2)) : Promise.resolve();
        }),
      });
    expect(await upload(from, to, exec)).toEqual({
      ok: true,
      value: { files: 1, bytes: 24 * MB + 12_345 },
    });
    expect((await readFile(to)).equals(await readFile(from))).toBe(true);
  });

  describe('when the connection is lost half-way', () => {
    /** Ends everything on the node when so many bytes have gone there. */
    const losing = (bytes: number): Exec => {
      let group = 0;
      return async (command, options) => {
        if (!options?.stdin) return connection.exec(command, options);
        const input = cutOff(options.stdin, bytes, () => process.kill(-group, 'SIGKILL'));
        const result = await connection.exec(command, {
          ...options,
          stdin: Readable.from(input),
          onStarted: (id) => (group = id),
        });
        const { stdout, stderr, durationMs } = result;
        const reason = 'no answer for 30 s';
        return { termination: 'connection-lost', reason, stdout, stderr, durationMs };
      };
    };
    /** Counts what goes to the node. */
    const counting =
      (count: (bytes: number) => void): Exec =>
      (command, options) =>
        connection.exec(command, {
          ...options,
          ...(options?.stdin && { stdin: Readable.from(tap(options.stdin, count)) }),
        });

    it('leaves a .part file only, and sends nothing but the rest of a large one afterwards', async () => {
      const from = path.join(await makeTempFolder(), 'large');
      const content = randomBytes(100 * MB + 5);
      await writeFile(from, content);
      const to = await makeTempFolder();
      const target = path.join(to, 'large');
      const failure = failureOf(await upload(from, target, losing(70 * MB)));
      expect(failure.kind).toBe('connection_lost');
      expect(isConnectionFault(failure.kind)).toBe(true);
      const [left, ...others] = await readdir(to);
      expect(left).toMatch(/^\.large\..*\.part$/);
      expect(others).toEqual([]);

      let sent = 0;
      expect(
        await upload(
          from,
          target,
          counting((bytes) => (sent += bytes)),
        ),
      ).toEqual({
        ok: true,
        value: { files: 1, bytes: content.length },
      });
      expect(sent).toBeLessThan(60 * MB);
      expect(await readdir(to)).toEqual(['large']);
      expect(sha256(await readFile(target))).toBe(sha256(content));
    });

    it('starts over where the file is another one by then', async () => {
      const from = path.join(await makeTempFolder(), 'large');
      await writeFile(from, randomBytes(60 * MB));
      const target = path.join(await makeTempFolder(), 'large');
      await upload(from, target, losing(50 * MB));
      const content = randomBytes(60 * MB);
      await writeFile(from, content);
      expect(await upload(from, target)).toMatchObject({ ok: true });
      expect(await readdir(path.dirname(target))).toEqual(['large']);
      expect(sha256(await readFile(target))).toBe(sha256(content));
    });

    it('leaves nothing of a folder under its name, and removes the rest afterwards', async () => {
      const from = await makeTempFolder();
      for (let index = 0; index < 10; index += 1) {
        await writeFile(path.join(from, `f${index}`), Buffer.alloc(MB, index));
      }
      const parent = await makeTempFolder();
      const to = path.join(parent, 'to');
      const failure = failureOf(await upload(from, to, losing(5 * MB)));
      expect(failure.kind).toBe('connection_lost');
      const left = await readdir(parent);
      expect(left.filter((name) => !/^\.to\..*\.part$/.test(name))).toEqual([]);
      expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: 10 } });
      expect(await readdir(parent)).toEqual(['to']);
    });
  });
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
