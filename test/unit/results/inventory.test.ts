import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { takeInventory } from '../../../src/results/inventory.js';
import { makeTempFolder } from '../../support/temp-folder.js';

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('an inventory', () => {
  it('lists every file that was brought home, with the size and the hash of its bytes', async () => {
    const folder = await makeTempFolder();
    const big = Buffer.alloc(3_000_000, 'abc');
    await mkdir(path.join(folder, 'test_artifacts', 'results'), { recursive: true });
    await mkdir(path.join(folder, 'nodes', 'node1', 'services'), { recursive: true });
    await writeFile(path.join(folder, 'test_artifacts', 'results', 'big.bin'), big);
    await writeFile(path.join(folder, 'test_artifacts', '.hidden'), '');
    await writeFile(path.join(folder, 'test_artifacts', '-odd\nname'), 'x');
    await writeFile(path.join(folder, 'nodes', 'node1', 'services', 'p-1.log'), 'log');
    await writeFile(path.join(folder, 'result_summary.json'), '{}');
    await symlink('results', path.join(folder, 'test_artifacts', 'link'));
    expect(await takeInventory(folder)).toEqual({
      ok: true,
      value: [
        { path: 'nodes/node1/services/p-1.log', size: 3, sha256: sha256('log') },
        { path: 'test_artifacts/-odd\nname', size: 1, sha256: sha256('x') },
        { path: 'test_artifacts/.hidden', size: 0, sha256: sha256('') },
        { path: 'test_artifacts/results/big.bin', size: 3_000_000, sha256: sha256(big) },
      ],
    });
  });

  it('says where a file is whose name is no UTF-8', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'test_artifacts'));
    const name = Buffer.concat([
      Buffer.from(path.join(folder, 'test_artifacts/')),
      Buffer.from([0xff, 0xfe]),
    ]);
    await writeFile(name, 'x');
    const inventory = await takeInventory(folder);
    expect(inventory).toEqual({
      ok: true,
      value: [
        {
          path: 'test_artifacts/\ufffd\ufffd',
          path_encoded: 'test_artifacts/%FF%FE',
          size: 1,
          sha256: sha256('x'),
        },
      ],
    });
  });

  it('is empty where nothing was collected', async () => {
    expect(await takeInventory(await makeTempFolder())).toEqual({ ok: true, value: [] });
  });
});
