import type { LabNode } from './layout.js';
import { killProcesses, runOnNode } from './processes.js';

/**
 * Drops every packet to and from the node without a word, as a dead switch does. Its address still answers to ARP, so
 * peers see silence and not an error.
 */
export async function cutNetwork(node: LabNode): Promise<void> {
  await mendNetwork(node);
  await runOnNode(node, [
    'sh',
    '-ec',
    'iptables -t raw -I PREROUTING -i eth0 -j DROP; iptables -t mangle -I POSTROUTING -o eth0 -j DROP',
  ]);
}

export async function mendNetwork(node: LabNode): Promise<void> {
  await runOnNode(node, [
    'sh',
    '-c',
    `while iptables -t raw -D PREROUTING -i eth0 -j DROP 2>/dev/null; do :; done
     while iptables -t mangle -D POSTROUTING -o eth0 -j DROP 2>/dev/null; do :; done`,
  ]);
}

/** Ends the node at once: processes, network, everything but its disk. `lab:up` brings it back. */
export async function powerOff(node: LabNode): Promise<void> {
  await killProcesses(node.name);
}
