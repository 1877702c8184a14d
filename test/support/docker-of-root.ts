import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { onTestFinished } from 'vitest';

/**
 * A program called `docker` for a node whose login is not root: `docker run` has root do what the container would do, on the
 * very folder that is mounted. Nothing else is there. For tests that are
 * run by root.
 */
export interface DockerOfRoot {
  /** Comes first in the node's `PATH`. */
  readonly folder: string;
  /** Ids, the newest first; those that begin with `sha256:bare` have no shell. */
  setImages(ids: readonly string[]): Promise<void>;
  /** Called before each `docker run` is carried out. */
  onRun: () => Promise<void>;
  /** The words of every `docker run`, in order. */
  readonly runs: readonly (readonly string[])[];
}

const DOCKER = `#!/bin/sh
state=$(dirname "$0")/state
case "$1 $2" in
  'image ls') case " $* " in *' --filter '*) ;; *) cat "$state/images" ;; esac ;;
  'run '*)
    asked=$(mktemp -d "$state/runs/new.XXXXXX") && chmod 755 "$asked"
    printf '%s\\0' "$@" >"$asked/words"
    mv "$asked" "$state/runs/ready.\${asked##*.}"
    asked=$state/runs/done.\${asked##*.}
    until [ -e "$asked/status" ]; do sleep 0.02; done
    cat "$asked/stderr" >&2
    exit "$(cat "$asked/status")"
    ;;
esac
`;

/** @param folder Absolute, and open to the node's login. */
export async function startDockerOfRoot(folder: string): Promise<DockerOfRoot> {
  const state = path.join(folder, 'state');
  const asked = path.join(state, 'runs');
  await mkdir(asked, { recursive: true });
  await chmod(asked, 0o777);
  await writeFile(path.join(folder, 'docker'), DOCKER);
  await chmod(path.join(folder, 'docker'), 0o755);
  const runs: (readonly string[])[] = [];

  const serve = async (name: string) => {
    const ready = path.join(asked, name);
    const words = (await readFile(path.join(ready, 'words'), 'utf8')).split('\0').slice(0, -1);
    runs.push(words);
    await docker.onRun();
    const { status, stderr } = await runAsContainer(words);
    await writeFile(path.join(ready, 'stderr'), stderr);
    await writeFile(path.join(ready, 'status'), String(status));
    await rename(ready, ready.replace('ready.', 'done.'));
  };
  const over = new AbortController();
  const serving = (async () => {
    while (!over.signal.aborted) {
      for (const name of await readdir(asked)) if (name.startsWith('ready.')) await serve(name);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  onTestFinished(async () => {
    over.abort();
    await serving;
  });

  const docker: DockerOfRoot = {
    folder,
    setImages: (ids) => writeFile(path.join(state, 'images'), ids.map((id) => `${id}\n`).join('')),
    onRun: () => Promise.resolve(),
    runs,
  };
  await docker.setImages([]);
  return docker;
}

/** `docker run … --entrypoint SHELL IMAGE ARGUMENT...`, without any of the walls. */
async function runAsContainer(words: readonly string[]) {
  const at = words.indexOf('--entrypoint');
  const [shell = '', image = '', ...args] = words.slice(at + 1);
  if (image.startsWith('sha256:bare')) {
    return {
      status: 127,
      stderr: `docker: exec: "${shell}": executable file not found in $PATH.\n`,
    };
  }
  const child = spawn(shell, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status: status ?? 137, stderr };
}
