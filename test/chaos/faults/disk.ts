import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { run as runHere, attempt } from '../../../lab/machine/command.js';
import { SMALL_FOLDER, labNode, onNode } from '../../lab/support/lab.js';
import type { FailureRecord } from '../../../src/model/result.js';
import { MACHINE_OF } from '../project/suite.js';
import type { DrawFault } from './fault.js';
import { seconds } from './names.js';

const FULL: readonly FailureRecord['kind'][] = ['disk_full', 'transfer'];

/** Takes every byte that is left, again and again as long as it lasts. */
const FILL = 'cat /dev/zero >"$1" 2>/dev/null; true';

/** The small disk is full on which the process on a node has its working folder. */
export const nodeFull: DrawFault = (random) => {
  const node = labNode(MACHINE_OF.worker);
  const filler = `${SMALL_FOLDER}/chaos-filler`;
  const lastsMs = random.next() < 0.5 ? null : random.between(0, 4_000);
  return {
    description: `the disk of worker full ${lastsMs === null ? 'until the run is over' : `for ${seconds(lastsMs)}`}`,
    lastsMs,
    hit: async () => {
      await onNode(node, ['sh', '-c', FILL, 'sh', filler]);
      return '';
    },
    mend: async () => {
      await onNode(node, ['rm', '-f', filler]);
    },
    expectation: {
      exitCodes: () => [0, 1, 3],
      // Its log cannot be written either, and that is where its readiness is read.
      isTrueCause: ({ kind, node: named }) =>
        named === 'worker' &&
        [...FULL, 'service_not_ready', 'service_start', 'service_exited'].includes(kind),
    },
  };
};

/** The disk is full here on which the results lie, or what the controller itself keeps. */
export const controllerFull: DrawFault = (random) => {
  const folder = random.pick(['results', '.playbook']);
  const lastsMs = random.next() < 0.5 ? null : random.between(0, 4_000);
  const place = (root: string) => path.join(root, folder);
  return {
    description: `the disk of ${folder} full ${lastsMs === null ? 'until the run is over' : `for ${seconds(lastsMs)}`}`,
    lastsMs,
    arrange: async ({ root }) => {
      await mkdir(place(root), { recursive: true });
      await runHere(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'chaos', place(root)]);
    },
    hit: async ({ project: { root } }) => {
      await attempt(['sh', '-c', FILL, 'sh', path.join(place(root), 'chaos-filler')]);
      return '';
    },
    mend: async ({ root }) => {
      await attempt(['rm', '-f', path.join(place(root), 'chaos-filler')]);
    },
    expectation: {
      exitCodes: () => [0, 1, 3],
      isTrueCause: ({ kind }) =>
        FULL.includes(kind) ||
        // The working folder of a script that runs here lies there.
        (folder === '.playbook' && (kind === 'script_failed' || kind === 'script_start')),
    },
  };
};
