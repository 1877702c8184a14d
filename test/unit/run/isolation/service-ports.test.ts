import { describe, expect, it } from 'vitest';

import type { Readiness } from '../../../../src/model/service.js';
import { portWord, servicePortsOn } from '../../../../src/run/isolation/ports/service-ports.js';
import { joinRemains } from '../../../../src/run/isolation/remains/join.js';
import { nodeSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';

const TIMING = { timeoutMs: 1_000, intervalMs: 1_000, consecutivePasses: 1 };
const remote = nodeSpec({ name: 'node1', transport: 'ssh', host: '10.0.0.1' });
const local = nodeSpec({ name: 'node1', transport: 'local', host: '127.0.0.1' });

function portsWith(readiness: Readiness, node = remote): readonly number[] {
  const services = [serviceSpec('engine', [], { readiness })];
  return servicePortsOn(scenarioSpec({ services }), node).map(({ port }) => port);
}

function http(url: string): Readiness {
  return { type: 'http', url, expectStatus: null, ...TIMING };
}

describe('the ports of a service on its node', () => {
  it('are those where it is asked whether it is ready', () => {
    expect(portsWith({ type: 'tcp', host: '10.0.0.1', port: 8000, ...TIMING })).toEqual([8000]);
    expect(portsWith(http('http://10.0.0.1:18008/health'))).toEqual([18008]);
    expect(portsWith(http('https://10.0.0.1/health'))).toEqual([443]);
    expect(portsWith({ type: 'none', ...TIMING })).toEqual([]);
  });

  it('are not those of somebody else who is asked', () => {
    expect(portsWith(http('http://10.0.0.9:18008/'))).toEqual([]);
    // From here, the loopback of a remote node is our own.
    expect(portsWith(http('http://127.0.0.1:18008/'))).toEqual([]);
    expect(portsWith(http('http://localhost:18008/'), local)).toEqual([18008]);
    expect(portsWith(http('http://[::1]:18008/'), local)).toEqual([18008]);
  });

  it('are those that its container publishes, each once', () => {
    const container = {
      ...{ image: 'x', isBuilt: false, platform: null, pullPolicy: null, containerName: null },
      ...{ stopGracePeriodMs: 10_000, gpus: null },
      ports: [
        { address: null, port: 18008, protocol: 'tcp' },
        { address: '10.0.0.1', port: 18008, protocol: 'tcp' },
        { address: null, port: 53, protocol: 'udp' },
      ],
    } as const;
    const readiness = http('http://10.0.0.1:18008/health');
    const services = [
      serviceSpec('engine', [], { runtime: 'docker', container, readiness, process: null }),
      serviceSpec('elsewhere', [], { node: 'node2', runtime: 'docker', container }),
    ];
    expect(servicePortsOn(scenarioSpec({ services }), remote)).toEqual([
      { service: 'engine', protocol: 'tcp', port: 18008 },
      { service: 'engine', protocol: 'udp', port: 53 },
    ]);
  });

  it('are those on which its process listens itself', () => {
    const { process } = serviceSpec('engine');
    if (process === null) throw new Error('no process');
    const ports = [{ address: null, port: 8000, protocol: 'tcp' }] as const;
    const services = [serviceSpec('engine', [], { process: { ...process, ports } })];
    expect(servicePortsOn(scenarioSpec({ services }), remote)).toEqual([
      { service: 'engine', protocol: 'tcp', port: 8000 },
    ]);
  });

  it('are named as the kernel writes them', () => {
    expect(portWord({ protocol: 'udp', port: 53 })).toBe('udp:0035');
    expect(portWord({ protocol: 'tcp', port: 18008 })).toBe('tcp:4658');
  });
});

describe('what two have found on one machine', () => {
  it('is told once, by who knows more', () => {
    const node = 'node1';
    const found = [
      { node, kind: 'network', description: 'x_default (in use by stranger)' },
      { node, kind: 'process', description: 'process group 17 of service engine' },
      { node, kind: 'network', description: 'x_default' },
      { node, kind: 'process', description: 'group 17' },
      { node, kind: 'process', description: '18 (sleep 60)' },
      { node, kind: 'folder', description: '/a b/one' },
      { node, kind: 'folder', description: '/a b/two' },
    ];
    expect(joinRemains(found)).toEqual([found[0], found[1], found[4], found[5], found[6]]);
  });
});
