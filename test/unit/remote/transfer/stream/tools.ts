import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll } from 'vitest';

import { GNU, type Tools } from './nodes.js';

const BUSYBOX = '/bin/busybox';

/** Every kind of tools that is here. Without busybox (Debian: busybox-static) it is one less. */
export const ALL_TOOLS: readonly Tools[] = [GNU, ...busybox()];

/** The same where a large file's sha256 is made while it arrives, and where it is made afterwards. */
export const TOOLS_BY_PROCESSORS: readonly Tools[] = [
  withProcessors(1),
  withProcessors(8),
  ...ALL_TOOLS.slice(1),
];

function withProcessors(count: number): Tools {
  const folder = mkdtempSync(path.join(tmpdir(), 'playbook-nproc-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'nproc'), `#!/bin/sh\necho ${count}\n`, { mode: 0o755 });
  return {
    ...GNU,
    name: `${GNU.name} and a number of processors: ${count}`,
    searchPath: `${folder}:${process.env['PATH'] ?? ''}`,
  };
}

/** Links to every program of busybox, as on a system that has nothing else. */
function busybox(): Tools[] {
  if (spawnSync(BUSYBOX, ['true']).status !== 0) return [];
  const folder = mkdtempSync(path.join(tmpdir(), 'playbook-busybox-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  execFileSync(BUSYBOX, ['--install', '-s', folder]);
  return [{ name: 'busybox', shell: [BUSYBOX, 'ash'], searchPath: folder }];
}
