import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { createOutput } from '../../../src/cli/exec-output.js';
import { drainOf } from '../../../src/cli/output.js';
import { createRedactor } from '../../../src/remote/redaction.js';
import { nodeSpec } from '../../support/specs.js';

/** Output of commands that goes into a pipe which nobody reads yet. */
function piped() {
  const pipe = new PassThrough();
  const stop = new AbortController();
  const printer = {
    print: (node: string, line: string) => void pipe.write(`${node} | ${line}\n`),
    untilDrained: drainOf(pipe, stop.signal),
  };
  const output = createOutput(createRedactor([]), { out: printer, err: printer });
  return { pipe, stop, output, node: nodeSpec() };
}

const LINES = Buffer.from(`${'x'.repeat(99)}\n`.repeat(100));

describe('what commands print', () => {
  it('is read no faster than somebody takes it, and all of it gets there', async () => {
    const { pipe, output, node } = piped();
    const { stdout, stderr } = output.sinksFor(node);
    let written = 0;
    for (const sink of [stdout, stderr]) {
      let canWrite = true;
      for (let chunk = 0; chunk < 1_000 && canWrite; chunk += 1) {
        canWrite = sink.write(LINES);
        written += 100;
        await turn();
      }
      expect(canWrite).toBe(false);
    }
    expect(pipe.writableLength + pipe.readableLength).toBeLessThan(100_000);
    let lines = 0;
    pipe.on('data', (chunk) => (lines += String(chunk).split('\n').length - 1));
    await output.finish(node);
    await turn();
    expect(lines).toBe(written);
  });

  it('keeps nobody waiting for a reader once the signal has come', async () => {
    const { stop, output, node } = piped();
    const { stdout } = output.sinksFor(node);
    for (let chunk = 0; chunk < 20; chunk += 1) stdout.write(LINES);
    const finished = output.finish(node);
    await turn();
    stop.abort();
    await finished;
  });

  it('keeps nobody waiting for a reader that is gone', async () => {
    const { pipe, output, node } = piped();
    const { stdout } = output.sinksFor(node);
    for (let chunk = 0; chunk < 20; chunk += 1) stdout.write(LINES);
    const finished = output.finish(node);
    await turn();
    pipe.on('error', () => undefined);
    pipe.destroy(new Error('EPIPE'));
    await finished;
  });
});
