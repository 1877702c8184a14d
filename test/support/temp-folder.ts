import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished } from 'vitest';

/** A fresh folder that is removed when the test is over. */
export async function makeTempFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'playbook-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
