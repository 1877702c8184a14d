import { rm } from 'node:fs/promises';

import { runEntry, say } from './entry.js';
import { withLabLock } from './machine/lock.js';
import { existingNodes } from './nodes/existing.js';
import { STATE } from './nodes/layout.js';
import { removeNetwork } from './nodes/network.js';
import { removeNode } from './nodes/stop.js';
import { removePartialBuilds } from './packages/cached.js';
import { removeProjects } from './project/write-project.js';

await runEntry(async () => {
  await withLabLock(async () => {
    await Promise.all(existingNodes().map(removeNode));
    await removeNetwork();
    await removePartialBuilds();
    await removeProjects();
    await rm(STATE, { recursive: true, force: true });
  });
  say('nothing is left but the cache');
});
