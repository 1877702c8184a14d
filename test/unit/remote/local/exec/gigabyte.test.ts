import { Writable } from 'node:stream';

import { expect, it, onTestFinished } from 'vitest';

import { openLocal } from '../../../../../src/remote/local/connection.js';
import { createRedactor } from '../../../../../src/remote/redaction.js';
import { nodeSpec } from '../../../../support/specs.js';

const GIGABYTE = 1_000_000_000;
/** Far above what a few chunks on their way take, far below what was written. */
const GROWTH_LIMIT = 200_000_000;

it('25: a gigabyte on each stream goes through masking in bounded memory, complete', async () => {
  const opened = await openLocal(nodeSpec({ name: 'here', transport: 'local' }), { cwd: '/' });
  if (!opened.ok) throw new Error(opened.failure.message);
  onTestFinished(() => opened.value.close());
  const before = process.memoryUsage.rss();
  let highest = before;
  const counted = { stdout: 0, stderr: 0 };
  const redactor = createRedactor(['a secret of some length', 'another one']);
  const sink = (stream: keyof typeof counted) => {
    const entry = redactor.stream();
    entry.pipe(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          counted[stream] += chunk.length;
          highest = Math.max(highest, process.memoryUsage.rss());
          done();
        },
      }),
    );
    return entry;
  };
  const script = `yes line | head -c ${GIGABYTE} & head -c ${GIGABYTE} /dev/zero >&2; wait`;
  const sinks = { stdout: sink('stdout'), stderr: sink('stderr') };
  const result = await opened.value.exec({ argv: ['sh', '-c', script] }, sinks);
  expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
  const ends = Object.values(sinks).map(
    (stream) => new Promise((resolve) => stream.on('close', resolve)),
  );
  for (const stream of Object.values(sinks)) stream.end();
  await Promise.all(ends);
  expect(counted).toEqual({ stdout: GIGABYTE, stderr: GIGABYTE });
  expect(highest - before).toBeLessThan(GROWTH_LIMIT);
}, 60_000);
