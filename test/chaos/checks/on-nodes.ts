import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { type LabNode, onNode } from '../../lab/support/lab.js';

/**
 * Everything on a node that somebody may have left there, a line each, whoever it was and however it is marked: asked past
 * sshd, and not by anything of ours. Daemons of the node are left out, and what they have for themselves.
 */
const LIST = String.raw`
docker container ls -aq --no-trunc --format '{{.ID}} {{.Names}}' | sed 's/^/container /'
docker network ls -q --no-trunc --filter type=custom --format '{{.ID}} {{.Name}}' | sed 's/^/network /'
docker volume ls -q | sed 's/^/volume /'
docker image ls -aq --no-trunc | sed 's/^/image /'
find /small /dev/shm /run -mindepth 1 \( -path /run/docker -o -path /run/containerd -o -path '/run/docker*' -o -path '/run/*.pid' -o -path /run/sshd \) -prune -o -print | sed 's/^/file /'
for process in /proc/[0-9]*; do
  [ "${'$'}{process#/proc/}" != $$ ] || continue
  name=$(cat "$process/comm" 2>/dev/null) || continue
  line=$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null)
  # A kernel thread, or a process that is over and that nobody has asked for yet.
  [ -n "$line" ] || continue
  case $name in
  tini | dockerd | containerd) continue ;;
  sleep) [ "$line" != 'sleep infinity ' ] || continue ;;
  sshd) case $line in *listener*) continue ;; esac ;;
  esac
  # Those of this very question.
  case $line in "$0 "*chaos-list*) continue ;; esac
  parent=$(sed 's/.*) . //;s/ .*//' "$process/stat" 2>/dev/null)
  [ "$parent" != $$ ] || continue
  echo "process $line"
done
ss -Hlntu 2>/dev/null | while read -r kind state receiving sending address peer; do
  case $address in
  # The listeners of containerd and of docker's name server choose theirs anew each time.
  127.0.0.*) ;;
  *) echo "port $kind $address" ;;
  esac
done
iptables -t nat -S DOCKER 2>/dev/null | grep DNAT | sed 's/^/port-rule /'
true
`;

/** Folders of a node's own files that its daemons write to. */
const OF_DAEMONS =
  /^(var\/log|var\/lib\/(containerd|docker)|var\/cache|etc\/docker|root\/\.docker|tmp\/containerd\.\d+\.stacks\.log)(\/|$)/;

/** What a node has, by node: to be compared with what it has later. */
export type Inventory = ReadonlyMap<string, ReadonlySet<string>>;

export async function takeInventory(nodes: readonly LabNode[]): Promise<Inventory> {
  const entries = await Promise.all(
    nodes.map(async (node) => [node.name, new Set(await listNode(node))] as const),
  );
  return new Map(entries);
}

/** What nodes have now and did not have before: `node1: container …`. */
export function whatIsNew(before: Inventory, now: Inventory): readonly string[] {
  return [...now].flatMap(([node, lines]) =>
    [...lines].filter((line) => !before.get(node)?.has(line)).map((line) => `${node}: ${line}`),
  );
}

async function listNode(node: LabNode): Promise<readonly string[]> {
  const asked = await onNode(node, ['sh', '-c', LIST, 'chaos-list']);
  const lines = asked.stdout.split('\n').filter((line) => line !== '');
  if (asked.exitCode !== 0) lines.push(`question ${asked.stderr.trim()}`);
  return [...lines, ...(await filesOf(node))];
}

/** Its disk is a layer above that of all nodes: what is in it was written there. */
async function filesOf(node: LabNode): Promise<readonly string[]> {
  const upper = path.join(node.folder, 'upper');
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(path.join(upper, folder), { withFileTypes: true }).catch(
      () => [],
    );
    for (const entry of entries) {
      const name = path.join(folder, entry.name);
      if (OF_DAEMONS.test(name)) continue;
      found.push(`file /${name}`);
      if (entry.isDirectory()) await walk(name);
    }
  };
  await walk('.');
  return found;
}
