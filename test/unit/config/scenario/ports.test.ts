import { describe, expect, it } from 'vitest';

import { problemsOf, withServices } from '../temporary-project.js';

const NODES = {
  'config/nodes.yaml': 'nodes: { n1: { host: 10.0.0.1 }, n2: { host: 10.0.0.2 } }\n',
};
const ON_ONE = 'deployment: { node: n1 }\n';

function publishing(first: string, second: string, more = '') {
  return `services:
  a: { image: x, ports: [${first}] }
  b: { image: x, ports: [${second}]${more} }
`;
}

describe('containers of one node that publish the same port', () => {
  it.each([
    ['"8000:80"', '"8000:8080"', '8000'],
    ['"8000:80"', '"127.0.0.1:8000:80"', '8000'],
    ['"10.0.0.1:8000:80"', '"10.0.0.1:8000:80"', '8000'],
    ['"8000-8009:80-89"', '"8005:80"', '8005'],
    ['"8000:80"', '{ target: 80, published: "8000" }', '8000'],
    ['"53:53/udp"', '"53:53/udp"', '53/udp'],
  ])('are a problem, with both places: %s and %s', async (first, second, port) => {
    expect(await problemsOf(withServices(ON_ONE, publishing(first, second), NODES))).toEqual([
      `scenarios/one/compose.yaml:3:26 error services.b.ports[0]: port ${port} of n1 is published by a, too, in scenarios/one/compose.yaml:2 | publish another port, or put the two on different nodes`,
    ]);
  });

  it.each([
    ['"8000:80"', '"8001:80"'],
    ['"127.0.0.1:8000:80"', '"10.0.0.1:8000:80"'],
    ['"8000:80"', '"8000:80/udp"'],
    ['"80"', '"80"'],
    ['"0:80"', '"0:80"'],
    // Docker takes the first that is free.
    ['"8000-8010:80"', '"8000-8010:80"'],
  ])('are none where docker can have both: %s and %s', async (first, second) => {
    expect(await problemsOf(withServices(ON_ONE, publishing(first, second), NODES))).toEqual([]);
  });

  it('are told once, however many ports they share', async () => {
    const all = '"8000-8099:8000-8099"';
    expect(await problemsOf(withServices(ON_ONE, publishing(all, all), NODES))).toHaveLength(1);
  });

  it('are none on different nodes', async () => {
    const apart = 'deployment: { services: [{ name: a, node: n1 }, { name: b, node: n2 }] }\n';
    const same = publishing('"8000:80"', '"8000:80"');
    expect(await problemsOf(withServices(apart, same, NODES))).toEqual([]);
  });

  it('are none where the one has ended before the other is started', async () => {
    const after = ', depends_on: { c: {} }';
    const compose = `${publishing('"8000:80"', '"8000:80"', after)}  c: { image: x, depends_on: { a: { condition: service_completed_successfully } } }\n`;
    expect(await problemsOf(withServices(ON_ONE, compose, NODES))).toEqual([]);
  });

  it('are none on the network of the host, and are not guessed from variables that are not set', async () => {
    const host = publishing('"8000:80"', '"8000:80"', ', network_mode: host');
    expect(await problemsOf(withServices(ON_ONE, host, NODES))).toEqual([]);
    const unset = publishing('"8000:80"', '"${PORT}:80"');
    const problems = await problemsOf(withServices(ON_ONE, unset, NODES));
    expect(problems.filter((line) => line.includes(' error '))).toEqual([]);
  });
});
