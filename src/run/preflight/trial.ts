import path from 'node:path';

import type { Command } from '../../model/command.js';
import type { NodeSpec } from '../../model/node.js';
import { type RunIdentity, runFolderName, runLabels } from '../../model/run-identity.js';
import type { Connection } from '../../remote/connection.js';
import { type Findings, NOTHING_FOUND, problemOf } from './findings.js';

const TRIAL_MS = 60_000;

/**
 * `… playbook FOLDER`: makes a program below FOLDER, the run's own, and runs it. Says `ran`, or where it failed. Leaves
 * nothing, also of a trial that was cut off: of the folders only those that were there before.
 */
const RUN_PROGRAM = `
made=
base=$1
while [ ! -d "$base" ]; do made="$base"; base=\${base%/*}; [ -n "$base" ] || base=/; done
trial=$1/.trial.$$
cleanup() {
  rm -rf -- "$trial"
  # Of those that were cut off: whoever made one is gone.
  for old in "$1"/.trial.*; do kill -0 "\${old##*.}" 2>/dev/null || rm -rf -- "$old"; done
  folder=$1
  while [ -n "$made" ]; do
    rmdir -- "$folder" 2>/dev/null || break
    [ "$folder" != "$made" ] || break
    folder=\${folder%/*}
  done
}
mkdir -p -- "$trial" && trap 'cleanup "$1"' EXIT || exit
printf '#!/bin/sh\\necho ran\\n' >"$trial/program" && chmod 700 "$trial/program" && "$trial/program"
`;

/**
 * `… playbook RUN_LABEL CONTROLLER_LABEL [IMAGE]...`: creates a container from the first image that is there, or any other, and
 * removes it, and with it what a trial that was cut off has left. Says `ran`; `no image` where there is none to try it with.
 */
const CREATE_CONTAINER = `
run=$1 controller=$2 image=
shift 2
for candidate; do
  if docker image inspect "$candidate" >/dev/null 2>&1; then image=$candidate; break; fi
done
[ -n "$image" ] || image=$(docker image ls -q | head -n 1)
[ -n "$image" ] || { echo 'no image'; exit 0; }
docker create --label "$run" --label "$controller" --label playbook.trial= --network none "$image" true >/dev/null || exit
trials() { docker ps -aq --filter "label=$run" --filter "label=$controller" --filter label=playbook.trial; }
ids=$(trials) || exit
# Somebody else who tries at the same moment may have been quicker.
[ -z "$ids" ] || docker rm -f $ids >/dev/null || [ -z "$(trials)" ] || exit
echo ran
`;

export interface Trial {
  /** Below it the run has its own folder, absolute. */
  readonly work: string;
  readonly images: readonly string[];
  /** Whose marks it bears, so that whoever sweeps the run finds what is left of a trial that was cut off. */
  readonly identity: RunIdentity;
}

/** Tries out what a run will do on a node: run a program, or make a container. Nothing of it is left. */
export async function tryOut(
  connection: Connection,
  node: NodeSpec,
  { work, images, identity }: Trial,
  signal: AbortSignal,
): Promise<Findings> {
  const labels = Object.entries(runLabels(identity)).map(([name, value]) => `${name}=${value}`);
  const command =
    node.runtime === 'docker'
      ? shell(CREATE_CONTAINER, ...labels, ...images)
      : shell(RUN_PROGRAM, path.posix.join(work, runFolderName(identity)));
  const result = await connection.exec(command, { signal, timeoutMs: TRIAL_MS });
  const stdout = result.stdout.toString('utf8').trim();
  if (stdout === 'ran') return NOTHING_FOUND;
  if (stdout === 'no image') {
    return { problems: [], warnings: ['no container could be tried: there is no image'] };
  }
  const said = result.stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
  const why = 'reason' in result ? result.reason : said === '' ? result.termination : said;
  const problem =
    node.runtime === 'docker'
      ? problemOf(
          node,
          'runtime_missing',
          `no container can be made: ${why}`,
          'look at the daemon: journalctl -u docker',
        )
      : problemOf(
          node,
          'runtime_missing',
          `no program can be run in ${work}: ${why}`,
          'a file system that is mounted noexec? Set docker_compose_path for this node in config/nodes.yaml',
        );
  return { problems: [problem], warnings: [] };
}

function shell(script: string, ...args: readonly string[]): Command {
  return { argv: ['/bin/sh', '-c', script, 'playbook', ...args] };
}
