import type { Command } from '../../model/command.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../../remote/connection.js';
import { type Findings, NOTHING_FOUND, problemOf } from './findings.js';

const TRIAL_MS = 60_000;

/**
 * `… playbook FOLDER`: makes a program below FOLDER and runs it. Says `ran`, or where it failed. Leaves nothing: of the
 * folders only those that were there before.
 */
const RUN_PROGRAM = `
made=
base=$1
while [ ! -d "$base" ]; do made="$base"; base=\${base%/*}; [ -n "$base" ] || base=/; done
trial=$1/.playbook-trial-$$
cleanup() {
  rm -rf -- "$trial"
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
 * `… playbook [IMAGE]...`: creates a container from the first image that is there, or any other, and removes it. Says
 * `ran`; `no image` where there is none to try it with.
 */
const CREATE_CONTAINER = `
image=
for candidate; do
  if docker image inspect "$candidate" >/dev/null 2>&1; then image=$candidate; break; fi
done
[ -n "$image" ] || image=$(docker image ls -q | head -n 1)
[ -n "$image" ] || { echo 'no image'; exit 0; }
id=$(docker create --label playbook.trial= --network none "$image" true) || exit
docker rm -f "$id" >/dev/null && echo ran
`;

/** Tries out what a run will do on a node: run a program, or make a container. Nothing of it is left. */
export async function tryOut(
  connection: Connection,
  node: NodeSpec,
  { work, images }: { readonly work: string; readonly images: readonly string[] },
  signal: AbortSignal,
): Promise<Findings> {
  const command =
    node.runtime === 'docker' ? shell(CREATE_CONTAINER, ...images) : shell(RUN_PROGRAM, work);
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
