import { existsSync, readFileSync } from 'node:fs';

import { attempt, run } from '../machine/command.js';
import { BRIDGE, CONTROLLER_ADDRESS, SUBNET } from './layout.js';
import type { LabNode } from './layout.js';
import { runOnNode } from './processes.js';

/** On a machine whose firewall also sees bridged packets and forwards none, nodes would not see each other. */
const FORWARD_RULE = [
  'FORWARD',
  ...['-i', BRIDGE, '-o', BRIDGE],
  ...['-m', 'comment', '--comment', 'playbook-lab', '-j', 'ACCEPT'],
];

/** The bridge, with this machine's own address on it. */
export async function createBridge(): Promise<void> {
  if (!(await linkExists(BRIDGE))) {
    await refuseTakenSubnet();
    await run(['ip', 'link', 'add', BRIDGE, 'type', 'bridge', 'forward_delay', '0']);
  }
  await run(['ip', 'address', 'replace', `${CONTROLLER_ADDRESS}/24`, 'dev', BRIDGE]);
  await run(['ip', 'link', 'set', BRIDGE, 'up']);
  if (await needsForwardRule()) await run(['iptables', '-I', ...FORWARD_RULE]);
}

/** Plugs the node into the bridge, where it is not yet. */
export async function connectNode(node: LabNode, init: number): Promise<void> {
  if (!(await linkExists(node.link))) {
    // A fixed hardware address: a node that was replaced is found at once, with no stale entry in anyone's cache.
    const address = `02:70:62:00:00:${node.index.toString(16).padStart(2, '0')}`;
    const peer = ['peer', 'name', 'eth0', 'address', address, 'netns', String(init)];
    await run(['ip', 'link', 'add', node.link, 'type', 'veth', ...peer]);
  }
  await run(['ip', 'link', 'set', node.link, 'master', BRIDGE, 'up']);
  const setUp = [
    'ip link set lo up',
    `ip address replace ${node.host}/24 dev eth0`,
    'ip link set eth0 up',
  ];
  await runOnNode(node, ['sh', '-ec', setUp.join('\n')]);
}

/** Removes this machine's end of a cable whose node is gone. */
export async function removeStaleLink(node: LabNode): Promise<void> {
  await removeLink(node.link);
}

/** Removes the bridge, every cable and every rule that the lab made. */
export async function removeNetwork(): Promise<void> {
  const links = await run(['ip', '-oneline', 'link', 'show']);
  for (const [, name = ''] of links.matchAll(/^\d+: (pblab\d+)[@:]/gm)) await removeLink(name);
  while ((await attemptIptables('-D')) === 0);
}

async function removeLink(name: string): Promise<void> {
  if (!(await linkExists(name))) return;
  const result = await attempt(['ip', 'link', 'delete', name]);
  // The kernel removes a cable by itself some time after its node has ended.
  if (result.exitCode !== 0 && (await linkExists(name))) {
    throw new Error(`ip link delete ${name}: ${result.stderr.trim()}`);
  }
}

async function linkExists(name: string): Promise<boolean> {
  return (await attempt(['ip', 'link', 'show', name])).exitCode === 0;
}

async function refuseTakenSubnet(): Promise<void> {
  const route = await run(['ip', '-oneline', 'route', 'show', 'root', `${SUBNET}.0/24`]);
  if (route.trim() === '') return;
  throw new Error(
    `The network ${SUBNET}.0/24 is already routed here (${route.trim()}). ` +
      'Choose another with PLAYBOOK_LAB_SUBNET=10.x.y.',
  );
}

async function needsForwardRule(): Promise<boolean> {
  const setting = '/proc/sys/net/bridge/bridge-nf-call-iptables';
  if (!existsSync(setting) || readFileSync(setting, 'utf8').trim() !== '1') return false;
  const rules = await attempt(['iptables', '-S', 'FORWARD']);
  if (rules.exitCode !== 0 || rules.stdout.trim() === '-P FORWARD ACCEPT') return false;
  return (await attemptIptables('-C')) !== 0;
}

/** The exit code; not 0 where there is no iptables. */
async function attemptIptables(action: '-C' | '-D'): Promise<number | null> {
  return (await attempt(['iptables', action, ...FORWARD_RULE])).exitCode;
}
