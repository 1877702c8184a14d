import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import { CONTROLLER } from '../../../../src/model/node.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { openController } from '../../../../src/run/controller.js';
import { type KeptResults, nameNode } from '../../../../src/run/journal/holding.js';
import { openJournal } from '../../../../src/run/journal/open-journal.js';
import { cleanUp } from '../../../../src/run/recovery/clean-up.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const RUN = '20260601_190411';
const controller = nodeSpec({ name: CONTROLLER });
const node = nodeSpec({ name: 'node1' });

/** A run that is over, and whose results could not be brought home. */
async function runThatKept(root: string, kept: readonly KeptResults[]): Promise<void> {
  const token = await openController(root);
  if (!token.ok) throw new Error(token.failure.message);
  const opened = await openJournal({ root, controller: token.value, machines: [], mask: String });
  if (!opened.ok) throw new Error(opened.failure.message);
  const begun = await opened.value.begin({ run: RUN, at: 0, nodes: [nameNode(node)] });
  if (!begun.ok) throw new Error(begun.failure.message);
  for (const results of kept) await begun.value.keep(results);
  await begun.value.close();
}

async function cleanUpIn(root: string) {
  const pool = createPool((each) => openLocal(each, { cwd: root }));
  const ignore = () => undefined;
  const cleaned = await cleanUp(
    { root, nodes: [node], controller, clock: systemClock, pool, mask: String, warn: ignore },
    {
      ...{ forgotten: [], isKeptRemoved: false, waitLockMs: 0, onWaiting: ignore },
      signal: new AbortController().signal,
    },
  );
  await pool.closeAll();
  if (!cleaned.ok) throw new Error(cleaned.failure.message);
  return cleaned.value;
}

describe('cleanup', () => {
  it('says that results are kept only where they are, and forgets those that somebody has removed', async () => {
    const root = await makeTempFolder();
    const there = path.join(root, 'there');
    const gone = path.join(root, 'gone');
    await mkdir(there);
    await writeFile(path.join(there, 'file'), '');
    const keptIn = (scenario: string, folder: string): KeptResults => ({
      ...{ node: 'node1', scenario, folders: [folder], directories: [] },
    });
    await runThatKept(root, [keptIn('first', there), keptIn('second', gone)]);
    const about = { run: RUN, node: 'node1' };
    expect(await cleanUpIn(root)).toMatchObject({
      kept: [{ ...about, scenario: 'first', paths: [there] }],
      gone: [{ ...about, scenario: 'second', paths: [gone] }],
    });
    expect(await cleanUpIn(root)).toMatchObject({ kept: [{ scenario: 'first' }], gone: [] });
  });

  it('removes the journal where nothing is kept any more', async () => {
    const root = await makeTempFolder();
    const folder = path.join(root, 'gone');
    await runThatKept(root, [
      { ...{ node: 'node1', scenario: 'first' }, folders: [folder], directories: [] },
    ]);
    await cleanUpIn(root);
    expect(await readdir(path.join(root, '.playbook'))).toEqual(['identity']);
  });
});
