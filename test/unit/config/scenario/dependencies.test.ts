import { describe, expect, it } from 'vitest';

import {
  FOUR_NODES,
  problemsOf,
  servicesOf,
  withServices,
  type Files,
} from '../temporary-project.js';

/** `b` and `c` can tell whether they are healthy. */
const COMPOSE = `services:
  a:
    command: a
    depends_on: [b]
  b:
    command: b
    healthcheck: { test: "true" }
  c:
    command: c
    healthcheck: { test: "true" }
  d: { command: d }
`;

async function dependenciesOf(metadata: string, compose = COMPOSE, files: Files = {}) {
  const services = await servicesOf(withServices(metadata, compose, files));
  return Object.fromEntries(
    Object.values(services).map(({ id, dependsOn }) => [
      id,
      dependsOn.map(
        ({ service, condition, required }) =>
          `${service} ${condition.replace('service_', '')}${required ? '' : ' optional'}`,
      ),
    ]),
  );
}

const listed = (...entries: string[]) =>
  `deployment:\n  services:\n${entries.map((entry) => `    - ${entry}\n`).join('')}`;

describe('dependencies', () => {
  it('of the compose file are taken as they are', async () => {
    const compose = `services:
  a:
    command: a
    depends_on:
      b: { condition: service_healthy }
      c: { condition: service_completed_successfully, required: false, restart: true }
      d:
  b: { command: b, healthcheck: { test: "true" } }
  c: { command: c }
  d: { command: d }
`;
    expect(await dependenciesOf('', compose)).toEqual({
      a: ['b healthy', 'c completed_successfully optional', 'd started'],
      b: [],
      c: [],
      d: [],
    });
    const services = await servicesOf(withServices('', compose));
    expect(services['c']?.isOneShot).toBe(true);
    expect(services['b']?.isOneShot).toBe(false);
  });

  it('of metadata.yaml are joined with them, and wait for health where there is a check', async () => {
    const metadata = listed(
      '{ name: a, depends_on: [c, d] }',
      '{ name: b }',
      '{ name: c }',
      '{ name: d }',
    );
    expect(await dependenciesOf(metadata)).toMatchObject({
      a: ['b started', 'c healthy', 'd started'],
    });
  });

  it('take the condition of the compose file unless metadata.yaml names a stricter one', async () => {
    const with_ = (wish: string) =>
      dependenciesOf(listed(`{ name: a, depends_on: [${wish}] }`, '{ name: b }'));
    expect(await with_('b')).toMatchObject({ a: ['b started'] });
    expect(await with_('{ service: b, condition: service_healthy }')).toMatchObject({
      a: ['b healthy'],
    });
    const healthy = COMPOSE.replace(
      'depends_on: [b]',
      'depends_on: { b: { condition: service_healthy } }',
    );
    expect(
      await dependenciesOf(
        listed(
          '{ name: a, depends_on: [{ service: b, condition: service_started }] }',
          '{ name: b }',
        ),
        healthy,
      ),
    ).toMatchObject({ a: ['b healthy'] });
  });

  it('on a service with several instances are on each of them, unless one is named', async () => {
    const nodes = { 'config/nodes.yaml': FOUR_NODES };
    const metadata = listed(
      '{ name: a, node: here, depends_on: ["c@there"] }',
      '{ name: b, nodes: [here, there] }',
      '{ name: c, nodes: [here, there] }',
    );
    expect(await dependenciesOf(metadata, COMPOSE, nodes)).toMatchObject({
      a: ['b@here started', 'b@there started', 'c@there healthy'],
      'b@here': [],
    });
  });

  it('on the only instance may name its node', async () => {
    const metadata = listed('{ name: a, depends_on: ["b@here"] }', '{ name: b }');
    expect(await dependenciesOf(metadata)).toMatchObject({ a: ['b started'] });
  });

  it('that are optional and not deployed are left out', async () => {
    const compose = COMPOSE.replace(
      'depends_on: [b]',
      'depends_on: { b: { condition: service_started, required: false } }',
    );
    expect(await dependenciesOf(listed('{ name: a }'), compose)).toEqual({ a: [] });
  });

  it('count as healthy by a health_check of metadata.yaml too', async () => {
    const metadata = listed(
      '{ name: a, depends_on: [d] }',
      '{ name: b }',
      '{ name: d, health_check: { type: tcp, port: 80 } }',
    );
    expect(await dependenciesOf(metadata)).toMatchObject({ a: ['b started', 'd healthy'] });
  });

  it.each([
    [
      'on nothing',
      listed('{ name: a, depends_on: [x1] }', '{ name: b }'),
      COMPOSE,
      [
        'scenarios/one/metadata.yaml:4:31 error deployment.services[0].depends_on[0]: depends on `x1`, which does not exist | services of this scenario: a, b',
      ],
    ],
    [
      'on nearly something',
      '',
      COMPOSE.replace('[b]', '[bb]'),
      [
        'scenarios/one/compose.yaml:4:18 error services.a.depends_on[0]: depends on `bb`, which does not exist | did you mean `b`?',
      ],
    ],
    [
      'on what is not deployed',
      listed('{ name: a }'),
      COMPOSE,
      [
        'scenarios/one/compose.yaml:4:18 error services.a.depends_on[0]: depends on `b`, which this scenario does not deploy | add it to `deployment.services`, or write `required: false` for this dependency',
      ],
    ],
    [
      'on what is not deployed, from metadata.yaml',
      listed('{ name: b, depends_on: [c] }'),
      COMPOSE,
      [
        'scenarios/one/metadata.yaml:4:31 error deployment.services[0].depends_on[0]: depends on `c`, which this scenario does not deploy | add it to `deployment.services`',
      ],
    ],
    [
      'on an instance that is not there',
      listed('{ name: a, depends_on: ["b@ther"] }', '{ name: b }'),
      COMPOSE,
      [
        'scenarios/one/metadata.yaml:4:31 error deployment.services[0].depends_on[0]: b has no instance on a node `ther` | did you mean `here`?',
      ],
    ],
    [
      'on the health of what has no check',
      '',
      COMPOSE.replace('[b]', '{ d: { condition: service_healthy } }'),
      [
        'scenarios/one/compose.yaml:4:19 error services.a.depends_on.d: waits for d to be healthy, which has no health check | give it a `healthcheck:` in the compose file, or a `health_check:` in metadata.yaml',
      ],
    ],
    [
      'with a condition that is none',
      '',
      COMPOSE.replace('[b]', '{ b: { condition: healthy } }'),
      [
        "scenarios/one/compose.yaml:4:35 error services.a.depends_on.b.condition: must be one of service_started, service_healthy, service_completed_successfully; got 'healthy' | did you mean `service_healthy`?",
      ],
    ],
    [
      'with a condition that is none, in metadata.yaml',
      listed('{ name: a, depends_on: [{ service: b, condition: started }] }', '{ name: b }'),
      COMPOSE,
      [
        "scenarios/one/metadata.yaml:4:56 error deployment.services[0].depends_on[0].condition: must be one of service_started, service_healthy, service_completed_successfully; got 'started' | did you mean `service_started`?",
      ],
    ],
    [
      'that are neither text nor map',
      listed('{ name: b, depends_on: [[c]] }'),
      COMPOSE,
      [
        'scenarios/one/metadata.yaml:4:31 error deployment.services[0].depends_on[0]: must be a text or a map; got a list',
      ],
    ],
    [
      'with unknown keys',
      listed('{ name: b, depends_on: [{ servcie: c }] }'),
      COMPOSE,
      [
        'scenarios/one/metadata.yaml:4:31 error deployment.services[0].depends_on[0]: `service` is missing',
        'scenarios/one/metadata.yaml:4:33 error deployment.services[0].depends_on[0].servcie: unknown key `servcie` | did you mean `service`?',
      ],
    ],
    [
      'on itself',
      '',
      'services:\n  a: { command: a, depends_on: [a] }\n',
      [
        'scenarios/one/compose.yaml:2:33 error services.a.depends_on[0]: a depends on itself | leave one of these dependencies out',
      ],
    ],
    [
      'in a circle',
      listed(
        '{ name: c, depends_on: [a] }',
        '{ name: a }',
        '{ name: b, depends_on: [c] }',
        '{ name: d }',
      ),
      COMPOSE,
      [
        'scenarios/one/metadata.yaml:6:31 error deployment.services[2].depends_on[0]: dependencies go round in a circle: c → a → b → c | leave one of these dependencies out',
      ],
    ],
  ])('%s are a problem', async (_what, metadata, compose, expected) => {
    expect(await problemsOf(withServices(metadata, compose))).toEqual(expected);
  });

  it('in a circle of three thousand do not use up the stack', async () => {
    const services = Array.from(
      { length: 3000 },
      (_, index) => `  s${index}: { command: x, depends_on: [s${(index + 1) % 3000}] }\n`,
    );
    const found = await problemsOf(withServices('', `services:\n${services.join('')}`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /^scenarios\/one\/compose.yaml:3001:.*go round in a circle: s0 → s1 → /,
    );
  });
});

describe('dependencies that a container of another service implies', () => {
  const NODES = 'nodes: { n1: { host: 10.0.0.1 }, n2: { host: 10.0.0.2 } }\n';
  const nodes = { 'config/nodes.yaml': NODES };
  const guest = (key: string) => `services:
  guest:
    image: x
    ${key}
  base: { image: x, healthcheck: { test: "true" } }
`;
  const both = listed('{ name: guest, node: n1 }', '{ name: base, node: n1 }');

  it.each([
    'network_mode: service:base',
    'pid: service:base',
    'ipc: "service:base"',
    'links: [base]',
    'links: ["base:db"]',
    'volumes_from: ["base:ro"]',
  ])('start it after that one: %s', async (key) => {
    expect(await dependenciesOf(both, guest(key), nodes)).toMatchObject({
      guest: ['base started'],
    });
  });

  it.each([
    'network_mode: host',
    'network_mode: container:base',
    'pid: host',
    'ipc: shareable',
    'volumes_from: ["container:base:ro"]',
    'external_links: [base]',
    'network_mode: "service:${UNSET}"',
  ])('are none with somebody else’s: %s', async (key) => {
    expect(await dependenciesOf(both, guest(key), nodes)).toMatchObject({ guest: [] });
  });

  it('take the condition that is written, in whichever file', async () => {
    const written = guest(
      'network_mode: service:base\n    depends_on: { base: { condition: service_completed_successfully } }',
    );
    expect(await dependenciesOf(both, written, nodes)).toMatchObject({
      guest: ['base completed_successfully'],
    });
    const metadata = listed(
      '{ name: guest, node: n1, depends_on: [base] }',
      '{ name: base, node: n1 }',
    );
    expect(await dependenciesOf(metadata, guest('pid: service:base'), nodes)).toMatchObject({
      guest: ['base healthy'],
    });
  });

  it('are on the instance of the same node', async () => {
    const metadata = listed('{ name: guest, nodes: [n1, n2] }', '{ name: base, nodes: [n2, n1] }');
    expect(await dependenciesOf(metadata, guest('network_mode: service:base'), nodes)).toEqual({
      'guest@n1': ['base@n1 started'],
      'guest@n2': ['base@n2 started'],
      'base@n1': [],
      'base@n2': [],
    });
  });

  it('are none between processes, which share nothing', async () => {
    const compose = 'services:\n  a: { command: a, links: [b] }\n  b: { command: b }\n';
    expect(await dependenciesOf('', compose)).toEqual({ a: [], b: [] });
  });

  it.each([
    [
      'that is on another node',
      listed('{ name: guest, node: n1 }', '{ name: base, node: n2 }'),
      'links: [base]',
      'scenarios/one/compose.yaml:4:13 error services.guest.links[0]: `links` needs base on the node of guest, n1; it is on n2 | put both on one node',
    ],
    [
      'that is not on every node of its own',
      listed('{ name: guest, nodes: [n1, n2] }', '{ name: base, node: n1 }'),
      'network_mode: service:base',
      'scenarios/one/compose.yaml:4:19 error services.guest.network_mode: `network_mode` needs base on the node of guest, n2; it is on n1 | put both on one node',
    ],
    [
      'that is not deployed',
      listed('{ name: guest, node: n1 }'),
      'pid: service:base',
      'scenarios/one/compose.yaml:4:10 error services.guest.pid: depends on `base`, which this scenario does not deploy | add it to `deployment.services`',
    ],
    [
      'that does not exist',
      both,
      'volumes_from: [bsae]',
      'scenarios/one/compose.yaml:4:20 error services.guest.volumes_from[0]: depends on `bsae`, which does not exist | did you mean `base`?',
    ],
    [
      'that uses its own in turn',
      listed('{ name: guest, node: n1 }', '{ name: base, node: n1, depends_on: [guest] }'),
      'pid: service:base',
      'scenarios/one/metadata.yaml:5:44 error deployment.services[1].depends_on[0]: dependencies go round in a circle: guest → base → guest | leave one of these dependencies out',
    ],
  ])('on a service %s are a problem', async (_what, metadata, key, expected) => {
    expect(await problemsOf(withServices(metadata, guest(key), nodes))).toEqual([expected]);
  });
});
