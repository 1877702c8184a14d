import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import { createOutput } from '../../../../src/cli/exec/output.js';
import { createTurns } from '../../../../src/cli/exec/turns.js';
import { drainOf } from '../../../../src/cli/output.js';
import { createRedactor } from '../../../../src/remote/redaction.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec } from '../../../support/specs.js';

/** Output of commands that goes into a pipe which nobody reads yet. */
function piped() {
  const pipe = new PassThrough();
  const stop = new AbortController();
  const printer = {
    print: (node: string, line: string) => void pipe.write(`${node} | ${line}\n`),
    untilDrained: drainOf(pipe, stop.signal),
  };
  const output = createOutput(createRedactor([]), {
    out: printer,
    err: printer,
    turns: createTurns(systemClock),
  });
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
    await output.finish(node, () => undefined);
    await turn();
    expect(lines).toBe(written);
  });

  it('keeps nobody waiting for a reader once the signal has come', async () => {
    const { stop, output, node } = piped();
    const { stdout } = output.sinksFor(node);
    for (let chunk = 0; chunk < 20; chunk += 1) stdout.write(LINES);
    const finished = output.finish(node, () => undefined);
    await turn();
    stop.abort();
    await finished;
  });

  it('keeps nobody waiting for a reader that is gone', async () => {
    const { pipe, output, node } = piped();
    const { stdout } = output.sinksFor(node);
    for (let chunk = 0; chunk < 20; chunk += 1) stdout.write(LINES);
    const finished = output.finish(node, () => undefined);
    await turn();
    pipe.on('error', () => undefined);
    pipe.destroy(new Error('EPIPE'));
    await finished;
  });

  it('stays together for each node, with what is said of it at the end', async () => {
    const lines: string[] = [];
    const print = (node: string, line: string) => void lines.push(`${node} | ${line}`);
    const printer = { print, untilDrained: () => Promise.resolve() };
    const turns = createTurns(createManualClock());
    const output = createOutput(createRedactor([]), { out: printer, err: printer, turns });
    const nodes = ['a', 'b'].map((name) => nodeSpec({ name }));
    const sinks = nodes.map((node) => output.sinksFor(node));
    for (const round of [1, 2, 3]) {
      for (const { stdout, stderr } of sinks) {
        stdout.write(`out ${round}\n`);
        await turn();
        stderr.write(`err ${round}\n`);
        await turn();
      }
    }
    await Promise.all(nodes.map((node) => output.finish(node, () => print(node.name, 'done'))));
    const written = [1, 2, 3].flatMap((round) => [`out ${round}`, `err ${round}`]);
    expect(lines).toEqual(
      ['a', 'b'].flatMap((name) => [...written, 'done'].map((line) => `${name} | ${line}`)),
    );
  });
});
