import { lstat, mkdir, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { downloadByStream } from '../../../../../src/remote/transfer/stream/download/download.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { type Member, type Said, sendingFolder } from './hostile-node.js';
import { contextOf } from './nodes.js';

/** Few names, so that entries, links and reports meet. */
const word = fc.constantFrom('a', 'b', 'up');
const words = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const way = fc
  .array(fc.oneof(word, fc.constantFrom('..', '..', '.')), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'));
const climbing = fc
  .tuple(fc.integer({ min: 1, max: 5 }), words)
  .map(([steps, text]) => `${'../'.repeat(steps)}${text}`);
const entryName = fc.oneof(
  { weight: 20, arbitrary: words.map((text) => `./${text}`) },
  { weight: 1, arbitrary: fc.oneof(way, climbing) },
  { weight: 1, arbitrary: words.map((text) => `/${text}`) },
);
const file = fc.record({ name: entryName, type: fc.constant('0'), content: fc.constant('x') });
const folder = fc.record({ name: entryName, type: fc.constant('5') });
const hardLink = fc.record({ name: entryName, type: fc.constant('1'), target: entryName });
const link = fc.record({ name: entryName, type: fc.constant('2'), target: way });
const folders: readonly Member[] = ['./a', './a/b', './b'].map((text) => ({
  name: text,
  type: '5',
}));
const archive = fc
  .tuple(
    fc.subarray([...folders]),
    fc.array(fc.oneof(file, folder, hardLink, { weight: 6, arbitrary: link }), { maxLength: 5 }),
  )
  .map(([first, rest]): readonly Member[] => [...first, ...rest]);
const said: fc.Arbitrary<Said> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.oneof(words, way, climbing).map((text) => ({
    messages: `tar: ./${text}: file changed as we read it`,
    status: 1,
  })),
  fc.oneof(words, way, climbing).map((text) => ({ sizes: `7/./${text}` })),
);

it('writes, removes and links nothing outside of the target, whatever a node sends', async () => {
  const parent = path.join(await makeTempFolder(), 'parent');
  const to = path.join(parent, 'to/deep');
  const outside = ['a', 'b', 'up', 'to/a', 'to/b', 'to/up'];
  let arrived = 0;
  const downloads = fc.array(fc.tuple(archive, said), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(downloads, fc.boolean(), async (sent, isThere) => {
      await rm(parent, { recursive: true, force: true });
      await mkdir(isThere ? to : path.dirname(to), { recursive: true });
      for (const text of outside) await writeFile(path.join(parent, text), text);
      for (const [members, words] of sent) {
        const exec = sendingFolder(members, words);
        const outcome = await downloadByStream('/from', to, contextOf({ node: 'node1', exec }));
        if (outcome.ok) arrived += 1;
        expect((await readdir(parent)).sort()).toEqual(['a', 'b', 'to', 'up']);
        const beside = (await readdir(path.dirname(to))).filter((text) => text !== 'deep');
        expect(beside.sort()).toEqual(['a', 'b', 'up']);
        for (const text of outside) {
          expect(await readFile(path.join(parent, text), 'utf8')).toBe(text);
        }
        await expectLinksInside(to);
      }
    }),
    { numRuns: 400 },
  );
  // Not because everything was refused.
  expect(arrived).toBeGreaterThan(50);
}, 120_000);

async function expectLinksInside(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isSymbolicLink()) continue;
    const link = path.relative(root, path.join(entry.parentPath, entry.name));
    expect(await follow(root, link), `${link} leads outside`).toBe(true);
  }
}

/** Goes along a path name by name, also where there is nothing, and tells whether it stays below the root. */
async function follow(root: string, link: string): Promise<boolean> {
  const pending = link.split('/');
  const reached: string[] = [];
  let hops = 0;
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (next === '' || next === '.') continue;
    if (next === '..') {
      if (reached.pop() === undefined) return false;
      continue;
    }
    const here = path.join(root, ...reached, next);
    const status = await lstat(here).catch(() => null);
    if (status?.isSymbolicLink() !== true) {
      reached.push(next);
      continue;
    }
    hops += 1;
    // In a circle: it leads nowhere.
    if (hops > 64) return true;
    const target = await readlink(here);
    if (target.startsWith('/')) return false;
    pending.unshift(...target.split('/'));
  }
  return true;
}
