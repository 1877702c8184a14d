import { describe, expect, it } from 'vitest';

import {
  FOUR_NODES,
  problemsOf,
  scenarioOf,
  servicesOf,
  withServices,
  type Files,
} from '../temporary-project.js';

const COMPOSE = 'services:\n  a: { image: x, command: a }\n  b: { image: x, command: b }\n';
const several: Files = { 'config/nodes.yaml': FOUR_NODES };

async function nodesOf(metadata: string, files: Files = several) {
  const services = await servicesOf(withServices(metadata, COMPOSE, files));
  return Object.fromEntries(Object.values(services).map(({ id, node }) => [id, node]));
}

describe('services are placed', () => {
  it('on the only enabled node where none is named', async () => {
    expect(await nodesOf('', {})).toEqual({ a: 'here', b: 'here' });
  });

  it('on deployment.node', async () => {
    expect(await nodesOf('deployment: { node: there }\n')).toEqual({ a: 'there', b: 'there' });
  });

  it('on their own node before that', async () => {
    expect(
      await nodesOf(
        'deployment: { node: there, services: [{ name: a }, { name: b, node: docked }] }\n',
      ),
    ).toEqual({ a: 'there', b: 'docked' });
  });

  it('on several nodes, one instance on each, in the order of the list', async () => {
    expect(
      await nodesOf(
        'deployment: { services: [{ name: b, nodes: [there, docked] }, { name: a, nodes: [here] }] }\n',
      ),
    ).toEqual({ 'b@there': 'there', 'b@docked': 'docked', a: 'here' });
  });

  it('each by the runtime of its node', async () => {
    const services = await servicesOf(
      withServices(
        'deployment: { services: [{ name: a, nodes: [here, docked] }] }\n',
        COMPOSE,
        several,
      ),
    );
    expect(services['a@here']).toMatchObject({ runtime: 'process', process: { argv: ['a'] } });
    expect(services['a@docked']).toMatchObject({ runtime: 'docker', process: null });
  });

  it('only if they are listed, where some are', async () => {
    expect(await nodesOf('deployment: { node: here, services: [{ name: b }] }\n')).toEqual({
      b: 'here',
    });
    expect(await nodesOf('deployment: { services: [] }\n')).toEqual({});
  });

  it.each([
    [
      'several nodes and none named',
      '',
      [
        'scenarios/one/metadata.yaml:1:1 error : no node is named, and there are several: here, there, docked | write `deployment: { node: here }`',
      ],
    ],
    [
      'an unknown node',
      'deployment: { node: hree }\n',
      [
        'scenarios/one/metadata.yaml:2:21 error deployment.node: there is no node `hree` | did you mean `here`?',
      ],
    ],
    [
      'a disabled node',
      'deployment:\n  services:\n    - { name: a, node: "off" }\n',
      [
        'scenarios/one/metadata.yaml:4:24 error deployment.services[0].node: the node off is disabled | switch it on in config/nodes.yaml:5, or name another one',
      ],
    ],
    [
      'both node and nodes',
      'deployment:\n  services:\n    - { name: a, node: here, nodes: [there] }\n',
      [
        'scenarios/one/metadata.yaml:4:37 error deployment.services[0].nodes: `node` and `nodes` cannot both be given | keep one of them',
      ],
    ],
    [
      'a node twice, and no nodes',
      'deployment:\n  services:\n    - { name: a, nodes: [here, here] }\n    - { name: b, nodes: [] }\n',
      [
        'scenarios/one/metadata.yaml:4:32 error deployment.services[0].nodes[1]: the node here is listed twice',
        'scenarios/one/metadata.yaml:5:25 error deployment.services[1].nodes: is empty, so the service would run nowhere | name at least one node',
      ],
    ],
    [
      'a service twice',
      'deployment:\n  node: here\n  services: [{ name: a }, { name: a }]\n',
      [
        'scenarios/one/metadata.yaml:4:35 error deployment.services[1].name: the service a is listed already, in line 4 | for several instances list its nodes: `nodes: [node1, node2]`',
      ],
    ],
    [
      'a service that is not there',
      'deployment:\n  node: here\n  services: [{ name: c }]\n',
      [
        'scenarios/one/metadata.yaml:4:22 error deployment.services[0].name: there is no service `c` in compose.yaml | did you mean `a`?',
      ],
    ],
    [
      'a compose file that is not there, or outside',
      'deployment:\n  node: here\n  services:\n    - { name: a, compose_file: other.yml }\n    - { name: b, compose_file: ../x.yml }\n',
      [
        'scenarios/one/metadata.yaml:5:32 error deployment.services[0].compose_file: the file scenarios/one/other.yml does not exist',
        "scenarios/one/metadata.yaml:6:32 error deployment.services[1].compose_file: lies outside the folder of the scenario: '../x.yml'",
      ],
    ],
  ])('and with %s that is a problem', async (_what, metadata, expected) => {
    expect(await problemsOf(withServices(metadata, COMPOSE, several))).toEqual(expected);
  });

  it('from several compose files', async () => {
    const services = await servicesOf({
      'scenarios/one/metadata.yaml':
        'name: first\ndeployment: { services: [{ name: a }, { name: x, compose_file: more/x.yml }] }\n',
      'scenarios/one/docker-compose.yaml': COMPOSE,
      'scenarios/one/more/x.yml': 'services: { x: { command: x } }\n',
    });
    expect(Object.values(services).map(({ composeFile }) => composeFile)).toEqual([
      'docker-compose.yaml',
      'more/x.yml',
    ]);
  });

  it('nowhere, where there is only a script', async () => {
    expect(await scenarioOf({})).toMatchObject({ services: [], nodes: [] });
    expect(
      await problemsOf({
        'scenarios/one/metadata.yaml': 'name: first\ndeployment: { services: [{ name: a }] }\n',
      }),
    ).toEqual([
      'scenarios/one/metadata.yaml:2:34 error deployment.services[0].name: there is no compose file in the folder that could define this service | write docker-compose.yml',
    ]);
  });
});

describe('profiles', () => {
  const compose =
    'services:\n  a: { command: a }\n  b: { command: b, profiles: [debug, more] }\n  c: { command: c, profiles: [other] }\n';
  const idsOf = async (metadata: string, others: Files = {}, environment = {}) =>
    Object.keys(await servicesOf(withServices(metadata, compose, others), environment));

  it('leave services out that nobody asks for', async () => {
    expect(await idsOf('')).toEqual(['a']);
  });

  it('are switched on by COMPOSE_PROFILES, in the environment or in the .env of the scenario', async () => {
    expect(await idsOf('', {}, { COMPOSE_PROFILES: 'debug' })).toEqual(['a', 'b']);
    expect(await idsOf('', { 'scenarios/one/.env': 'COMPOSE_PROFILES=x, other\n' })).toEqual([
      'a',
      'c',
    ]);
    expect(await idsOf('', {}, { COMPOSE_PROFILES: '*' })).toEqual(['a', 'b', 'c']);
  });

  it('do not matter for a service that is listed', async () => {
    expect(await idsOf('deployment: { services: [{ name: c }] }\n')).toEqual(['c']);
  });

  it('make a dependency on a service that is left out a problem', async () => {
    const found = await problemsOf(
      withServices(
        '',
        'services:\n  a: { command: a, depends_on: [b] }\n  b: { command: b, profiles: [x] }\n',
      ),
    );
    expect(found).toEqual([
      'scenarios/one/compose.yaml:2:33 error services.a.depends_on[0]: depends on `b`, which this scenario does not deploy | add it to `deployment.services`, or write `required: false` for this dependency',
    ]);
  });
});
