import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Programs called `docker`, `service` and `systemctl` in a folder for a node's `PATH`: the least of docker that can be
 * stopped, forbidden, started again and asked for images. What it says when something is wrong is what docker says.
 */
export interface StandInDocker {
  /** For the node: its own programs come first. */
  readonly path: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  forbid(): Promise<void>;
  /** From now on it takes a request and never answers. */
  hang(): Promise<void>;
}

const DOCKER = `#!/bin/sh
state=$(dirname "$0")/state
[ ! -e "$state/hanging" ] || exec sleep 600
if [ "$1 $2" = "compose version" ]; then echo 2.29.7; exit; fi
if [ ! -e "$state/running" ]; then
  echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2
  exit 1
fi
if [ -e "$state/forbidden" ]; then
  echo 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock' >&2
  exit 1
fi
case "$1 $2" in
  'version '*) echo 27.3.1 ;;
  'info '*) dirname "$0" ;;
  'image inspect') case $3 in present:*) ;; *) echo "Error response from daemon: No such image: $3" >&2; exit 1 ;; esac ;;
  'image ls') echo 0123456789ab ;;
  'manifest inspect') case $3 in pullable:*) ;; *) echo "no such manifest: docker.io/library/$3" >&2; exit 1 ;; esac ;;
  'create '*) [ ! -e "$state/broken" ] || { echo 'Error response from daemon: no space left on device' >&2; exit 1; }
    echo "$@" >>"$state/containers"; echo "$@" >>"$state/created"; echo abcdef ;;
  'ps -aq') echo abcdef ;;
  'logs '*) i=0; while [ $i -lt 5 ]; do echo "line $i"; i=$((i+1)); done ;;
  'rm '*) rm -f "$state/containers" ;;
esac
`;
/** `service docker start` and `systemctl start docker`. */
const STARTER = `#!/bin/sh
state=$(dirname "$0")/state
[ ! -e "$state/unstartable" ] || exit 1
touch "$state/running"
`;

/** @param folder Absolute; the programs are made in it. */
export async function makeStandInDocker(folder: string): Promise<StandInDocker> {
  const state = path.join(folder, 'state');
  await mkdir(state, { recursive: true });
  for (const [name, text] of Object.entries({
    docker: DOCKER,
    service: STARTER,
    systemctl: STARTER,
  })) {
    await writeFile(path.join(folder, name), text);
    await chmod(path.join(folder, name), 0o755);
  }
  const docker: StandInDocker = {
    path: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
    stop: () => rm(path.join(state, 'running'), { force: true }),
    start: () => writeFile(path.join(state, 'running'), ''),
    forbid: () => writeFile(path.join(state, 'forbidden'), ''),
    hang: () => writeFile(path.join(state, 'hanging'), ''),
  };
  await docker.start();
  return docker;
}
