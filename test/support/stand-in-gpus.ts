import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../fixtures/nvidia-smi/', import.meta.url));

/** A program called `nvidia-smi` in a folder for a node's `PATH`, that tells of two idle H20 and of who uses them. */
export interface StandInGpus {
  /** For the node: this program comes first. */
  readonly path: string;
  /** From now on these processes use GPU 1. */
  occupy(...pids: readonly number[]): Promise<void>;
  release(): Promise<void>;
}

const GPU_1 = 'GPU-1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901';

/** @param folder An empty one, absolute. */
export async function standInGpus(folder: string): Promise<StandInGpus> {
  const program = path.join(folder, 'nvidia-smi');
  const processes = path.join(folder, 'processes');
  await writeFile(
    program,
    `#!/bin/sh
case "$*" in
  *--query-gpu=*) head -n 2 '${FIXTURES}h20.gpus.csv' ;;
  *--query-compute-apps=*) cat '${processes}' 2>/dev/null ;;
  -L) cat '${FIXTURES}h20.list.txt' ;;
esac
exit 0
`,
  );
  await chmod(program, 0o755);
  return {
    path: `${folder}:${process.env['PATH'] ?? ''}`,
    occupy: (...pids) =>
      writeFile(processes, pids.map((pid) => `${GPU_1}, ${pid}, python3, 91240\n`).join('')),
    release: () => rm(processes, { force: true }),
  };
}
