import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

import type { NodeSpec } from '../../model/node.js';
import { createLineSink } from '../../remote/lines.js';
import type { Redactor } from '../../remote/redaction.js';
import type { Turns } from './turns.js';

interface Printer {
  readonly print: (node: string, line: string) => void;
  /** Resolves once more can be printed. */
  readonly untilDrained: () => Promise<void>;
}

interface Printers {
  readonly out: Printer;
  readonly err: Printer;
  /** Whose lines are printed, of nodes that write at the same time. */
  readonly turns: Turns;
}

/** Takes what commands write on many nodes, and prints it line by line in turns, as fast as somebody reads it. */
export interface ExecOutput {
  readonly sinksFor: (node: NodeSpec) => { readonly stdout: Writable; readonly stderr: Writable };
  /** Prints the rest of what a node wrote, and last what else there is to say of it. */
  finish(node: NodeSpec, printEnding: () => void): Promise<void>;
}

export function createOutput(redactor: Redactor, { out, err, turns }: Printers): ExecOutput {
  const sinks = new Map<string, { readonly entries: Writable[]; readonly exits: Writable[] }>();
  const lineSink = (name: string, { print, untilDrained }: Printer) => {
    const entry = redactor.stream();
    const say = (line: string) => turns.say(name, line.length, () => print(name, line));
    const exit = createLineSink(say, { untilTaken: untilDrained });
    entry.pipe(exit);
    return { entry, exit };
  };
  return {
    sinksFor({ name }) {
      const stdout = lineSink(name, out);
      const stderr = lineSink(name, err);
      sinks.set(name, {
        entries: [stdout.entry, stderr.entry],
        exits: [stdout.exit, stderr.exit],
      });
      return { stdout: stdout.entry, stderr: stderr.entry };
    },
    async finish({ name }, printEnding) {
      const { entries, exits } = sinks.get(name) ?? { entries: [], exits: [] };
      sinks.delete(name);
      const ends = exits.map((exit) => finished(exit));
      for (const entry of entries) entry.end();
      await Promise.all(ends);
      await turns.leave(name, printEnding);
    },
  };
}
