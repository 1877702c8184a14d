import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { decodeRecord } from '../../../../src/run/journal/record.js';
import { openJournal } from '../../../../src/run/journal/open-journal.js';
import { journalFile } from '../../../../src/run/journal/read-journal.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const SEED = Number(process.env['PLAYBOOK_TEST_SEED'] ?? Date.now() % 2 ** 31);
const NODES = ['node1', 'node2', 'node3'];
const KINDS = ['folder', 'service', 'script', 'project', 'results', 'lease'] as const;
const named = (name: string) => ({ name, transport: 'ssh', host: name, port: null, user: null });
const OPTIONS = {
  controller: 'abc123',
  machines: NODES.map(named),
  mask: (text: string) => text,
};

/** What runs do: make things on nodes, some at once, and remove some of them again. */
const histories = fc.array(
  fc.record({
    uses: fc.subarray(NODES, { minLength: 1 }),
    steps: fc.array(
      fc.record({
        makes: fc.array(
          fc.record({ wanted: fc.constantFrom(...NODES), kind: fc.constantFrom(...KINDS) }),
          { maxLength: 3 },
        ),
        removes: fc.array(fc.nat(8), { maxLength: 2 }),
      }),
      { maxLength: 6 },
    ),
  }),
  { minLength: 1, maxLength: 3 },
);
type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

const nameOf = (index: number) => `20260601_19041${index}`;

/** Carries a history out with a real journal. @returns Its bytes as the last run left them. */
async function live(root: string, history: History): Promise<Buffer> {
  for (const [index, { uses, steps }] of history.entries()) {
    const opened = await openJournal({ root, ...OPTIONS });
    if (!opened.ok) throw new Error(opened.failure.message);
    const run = nameOf(index);
    const begun = await opened.value.begin({ run, at: 0, nodes: uses.map(named) });
    if (!begun.ok) throw new Error(begun.failure.message);
    const strikes: (() => void)[] = [];
    for (const { makes, removes } of steps) {
      const entered = await Promise.all(
        makes.map(({ wanted, kind }) => {
          const node = uses.includes(wanted) ? wanted : (uses[0] ?? '');
          const paths = kind === 'results' ? { paths: ['/data/out'] } : {};
          const holding = { node, kind, scenario: null, description: 's', ...paths };
          return begun.value.enter(holding);
        }),
      );
      strikes.push(...entered.flatMap((outcome) => (outcome.ok ? [outcome.value] : [])));
      for (const which of removes) strikes.splice(which, 1).forEach((strike) => strike());
    }
    await begun.value.close();
  }
  return readFile(journalFile(root)).catch(() => Buffer.alloc(0));
}

/** A thing is made once its entry is on the disk, and struck off once it is gone: so much of the world is there at worst. */
function worldAt(bytes: Buffer): Set<string> {
  const world = new Set<string>();
  const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1).toString('utf8');
  for (const line of whole.split('\n').filter((each) => each !== '')) {
    const record = decodeRecord(line);
    if (record?.type === 'entered') world.add(`${record.run} ${record.id} ${record.holding.node}`);
    if (record?.type === 'struck') {
      for (const node of NODES) world.delete(`${record.run} ${record.id} ${node}`);
    }
  }
  return world;
}

/** What recovery sweeps: everything of a run on each node of which its journal holds something. */
async function recover(root: string, world: Set<string>): Promise<void> {
  const opened = await openJournal({ root, ...OPTIONS });
  if (!opened.ok) throw new Error(opened.failure.message);
  const { earlier } = opened.value;
  for (const held of earlier.list()) {
    for (const { node } of held.open.values()) {
      for (const thing of world) {
        if (thing.startsWith(`${held.run} `) && thing.endsWith(` ${node}`)) world.delete(thing);
      }
    }
    earlier.strike(held.run, [...held.open.keys()]);
  }
  await opened.value.close();
}

async function putBack(root: string, bytes: Buffer): Promise<void> {
  await mkdir(path.join(root, '.playbook'), { recursive: true });
  await writeFile(journalFile(root), bytes);
}

it('any prefix of the journal, cut at any byte, recovers to a clean node', async () => {
  const root = await makeTempFolder();
  const property = fc.asyncProperty(
    histories,
    fc.double({ min: 0, max: 1, noNaN: true }),
    async (history, share) => {
      await putBack(root, Buffer.alloc(0));
      const bytes = await live(root, history);
      const used = bytes.toString('utf8').trimEnd().length + 1;
      const cut = bytes.subarray(0, Math.round(share * used));
      const world = worldAt(cut);
      await putBack(root, cut);
      await recover(root, world);
      expect([...world]).toEqual([]);
      // And what was recovered once is not held any more.
      const after = await openJournal({ root, ...OPTIONS });
      if (!after.ok) throw new Error(after.failure.message);
      expect(after.value.earlier.list()).toEqual([]);
      await after.value.close();
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 80 }).catch((error: unknown) => {
    throw new Error(`PLAYBOOK_TEST_SEED=${SEED}`, { cause: error });
  });
});

it('a journal whose end is gone, or all of it, recovers what the whole one told of', async () => {
  const property = fc.asyncProperty(
    histories,
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.boolean(),
    async (history, share, isGone) => {
      const root = await makeTempFolder();
      const last = nameOf(history.length - 1);
      const bytes = await live(root, history);
      // Only its own things: what is left of those before is on record for whoever cuts at a later line.
      const world = new Set([...worldAt(bytes)].filter((thing) => thing.startsWith(`${last} `)));
      await mkdir(path.join(root, 'results', last), { recursive: true });
      if (isGone) await rm(journalFile(root), { force: true });
      else await putBack(root, bytes.subarray(0, Math.floor(share * (bytes.length - 1))));
      await recover(root, world);
      expect([...world]).toEqual([]);
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 60 }).catch((error: unknown) => {
    throw new Error(`PLAYBOOK_TEST_SEED=${SEED}`, { cause: error });
  });
});

it('a journal with a damaged byte anywhere after its first line still recovers to a clean node', async () => {
  const root = await makeTempFolder();
  const property = fc.asyncProperty(
    histories,
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(255),
    async (history, share, byte) => {
      await putBack(root, Buffer.alloc(0));
      const bytes = await live(root, history);
      const world = worldAt(bytes);
      const used = bytes.toString('utf8').trimEnd().length;
      const first = bytes.indexOf('\n') + 1;
      const place = first + Math.floor(share * Math.max(0, used - first - 1));
      if (place < used) bytes[place] = byte;
      await putBack(root, bytes);
      await recover(root, world);
      expect([...world]).toEqual([]);
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 80 }).catch((error: unknown) => {
    throw new Error(`PLAYBOOK_TEST_SEED=${SEED}`, { cause: error });
  });
});
