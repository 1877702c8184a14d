import { type LabNode, labNodes, onNode } from './lab.js';

const LIST = `
run=$1
for kind in container network volume; do
  case $kind in container) all=-a;; *) all=; esac
  docker $kind ls $all -q --filter label=playbook.run="$run" | sed "s/^/$kind /"
done
find / -xdev -path /proc -prune -o -name "playbook-$run-*" -print 2>/dev/null | sed 's/^/folder /'
find /small -name "playbook-$run-*" | sed 's/^/folder /'
for process in /proc/[0-9]*; do
  tr '\\0' '\\n' <"$process/environ" 2>/dev/null | grep -qE "^(PLAYBOOK_RUN|SCENARIO_RUN_ID)=$run\\$" &&
    echo "process $(tr '\\0' ' ' <"$process/cmdline")"
done
true
`;

/**
 * What is on the nodes that belongs to a run: containers, networks, volumes, processes, folders. Asked past sshd, and by
 * the marks they bear rather than through anything of ours.
 */
export async function tracesOf(
  run: string,
  nodes: readonly LabNode[] = labNodes(),
): Promise<readonly string[]> {
  const perNode = await Promise.all(
    nodes.map(async (node) => {
      const { stdout } = await onNode(node, ['sh', '-c', LIST, 'sh', run]);
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${node.name}: ${line}`);
    }),
  );
  return perNode.flat();
}
