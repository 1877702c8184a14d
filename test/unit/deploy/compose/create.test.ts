import { describe, expect, it } from 'vitest';

import type { Deployment } from '../../../../src/deploy/backend.js';
import { parseComposeModel } from '../../../../src/deploy/compose/create/compose-model.js';
import {
  asRefusal,
  classifyCreate,
  findApart,
} from '../../../../src/deploy/compose/create/create-failure.js';
import { parseContainers } from '../../../../src/deploy/compose/create/create.js';
import { classifyPull, imagesOf } from '../../../../src/deploy/compose/create/images.js';
import { renderOverride } from '../../../../src/deploy/compose/create/override.js';
import {
  isJoinedAtStart,
  makeableAhead,
  turnsOf,
} from '../../../../src/deploy/compose/create/turns.js';
import type { ComposeTool } from '../../../../src/deploy/compose/runtime/versions.js';
import { createFailure } from '../../../../src/model/failure.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';

/** As `docker-compose` 1.29.2 prints it. */
const FROM_V1 = `networks:
  back: {}
  ext:
    external: true
    name: stranger
services:
  a:
    command: sleep 600
    depends_on:
      b:
        condition: service_healthy
    environment:
      S: p$$x1
    image: lab/busybox:1
    stop_grace_period: 1m30s
    volumes:
    - /tmp/p2:/work:rw
    - data:/data:rw
  b:
    image: lab/busybox:1
    networks:
      back: {}
      ext: {}
    profiles:
    - gpu
  c:
    build:
      context: /tmp/p2/sub
version: '2.4'
volumes:
  data: {}
  old:
    external: true
    name: old
`;

/** As `docker compose` 2.26.1 prints it. */
const FROM_V2 = `name: pp
services:
  a:
    command:
      - sleep
      - "600"
    image: lab/busybox:1
    platform: linux/arm64
    pull_policy: always
    networks:
      default: null
  c:
    build:
      context: /tmp/p2/sub
      dockerfile: Dockerfile
    image: mine:1
    networks:
      default: null
networks:
  default:
    name: pp_default
  ext:
    name: stranger
    external: true
volumes:
  data:
    name: pp_data
`;

const deployment: Deployment = {
  run: 'r1',
  controller: 'c0ffee',
  scenario: 's',
  node: nodeSpec({ name: 'node1' }),
  workingFolder: '/w',
  stateFolder: '/s',
};

/** A service that says nothing. */
const PLAIN = {
  isBuilt: false,
  platform: null,
  pullPolicy: null,
  awaits: [],
  sharesNamespaces: false,
  isLinked: false,
  networks: 0,
};

describe('a compose file as compose understands it', () => {
  it('of V1 tells images, what is built, and what compose makes besides', () => {
    const { services, networks, volumes } = parseComposeModel(FROM_V1);
    expect([...services]).toEqual([
      ['a', { ...PLAIN, image: 'lab/busybox:1', awaits: ['b'] }],
      ['b', { ...PLAIN, image: 'lab/busybox:1', networks: 2 }],
      ['c', { ...PLAIN, image: null, isBuilt: true }],
    ]);
    expect(networks).toEqual(['default', 'back']);
    expect(volumes).toEqual(['data']);
  });

  it('of V2 does', () => {
    const { services, networks, volumes } = parseComposeModel(FROM_V2);
    expect(services.get('a')).toEqual({
      image: 'lab/busybox:1',
      isBuilt: false,
      platform: 'linux/arm64',
      pullPolicy: 'always',
      awaits: [],
      sharesNamespaces: false,
      isLinked: false,
      networks: 1,
    });
    expect([networks, volumes]).toEqual([['default'], ['data']]);
  });

  it('does not touch a default network that is somebody else’s', () => {
    const text = 'networks: { default: { external: { name: x } } }\nservices: {}\n';
    expect(parseComposeModel(text).networks).toEqual([]);
  });
});

describe('the file that is laid over', () => {
  it('labels services, networks and volumes, and says nothing else', () => {
    const services = [serviceSpec('a'), serviceSpec('b@node1')];
    const shared = {
      'playbook.run': 'r1',
      'playbook.controller': 'c0ffee',
      'playbook.scenario': 's',
      'playbook.node': 'node1',
    };
    const model = { services: new Map(), networks: ['default'], volumes: ['data'] };
    expect(JSON.parse(renderOverride(deployment, services, model))).toEqual({
      services: {
        a: { labels: { ...shared, 'playbook.service': 'a' } },
        b: { labels: { ...shared, 'playbook.service': 'b@node1' } },
      },
      networks: { default: { labels: shared } },
      volumes: { data: { labels: shared } },
    });
  });

  it('labels images that it builds, unless the user has given them a name', () => {
    const built = { ...PLAIN, isBuilt: true };
    const services = new Map([
      ['own', { ...built, image: null }],
      ['named', { ...built, image: 'company/engine:1' }],
      ['pulled', { ...built, isBuilt: false, image: 'lab/busybox:1' }],
    ]);
    const wanted = [...services.keys()].map((name) => serviceSpec(name));
    const model = { services, networks: [], volumes: [] };
    const overlaid = JSON.parse(renderOverride(deployment, wanted, model)) as {
      services: Record<string, { build?: { labels: Record<string, string> } }>;
    };
    expect(overlaid.services['own']?.build?.labels).toMatchObject({
      'playbook.run': 'r1',
      'playbook.controller': 'c0ffee',
    });
    expect(overlaid.services['named']).not.toHaveProperty('build');
    expect(overlaid.services['pulled']).not.toHaveProperty('build');
  });

  it('leaves sections out that would be empty, and keeps compose from substituting', () => {
    const model = { services: new Map(), networks: [], volumes: [] };
    const text = renderOverride({ ...deployment, run: '$HOME' }, [], model);
    expect(JSON.parse(text)).toEqual({ services: {} });
    const labelled = renderOverride({ ...deployment, run: '$HOME' }, [serviceSpec('a')], model);
    expect(labelled).toContain('"playbook.run": "$$HOME"');
  });
});

describe('images', () => {
  it('are those of the services that run here, apart from what is built', () => {
    const services = [serviceSpec('a'), serviceSpec('c')];
    expect(imagesOf(parseComposeModel(FROM_V2), services)).toEqual([
      { service: services[0], image: 'lab/busybox:1', platform: 'linux/arm64', policy: 'always' },
    ]);
  });

  it.each([
    [
      'Error response from daemon: manifest for nginx:nope not found: manifest unknown: manifest unknown',
      'service_start',
    ],
    [
      "Error response from daemon: pull access denied for lab/nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      'service_start',
    ],
    ['Error response from daemon: Get "https://r.example/v2/": unauthorized', 'service_start'],
    [
      'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.53:53: no such host',
      'transfer',
    ],
    [
      'Error response from daemon: Get "http://127.0.0.1:5/v2/": dial tcp 127.0.0.1:5: connect: connection refused',
      'transfer',
    ],
    ['failed to register layer: write /x: no space left on device', 'disk_full'],
  ])('that could not be pulled fail by cause: %s', (said, kind) => {
    const failure = createFailure('transfer', `image x could not be pulled: ${said}`);
    const classified = classifyPull(failure, 'x');
    expect(classified.kind).toBe(kind);
    expect(classified.message).toContain(said);
    expect(classified.hint).not.toBeNull();
  });
});

describe('what compose says when it cannot create', () => {
  const said = (...output: string[]) =>
    createFailure('service_start', 'f.yml: containers could not be created: x', {
      node: 'node1',
      output,
    });
  const services = [serviceSpec('a'), serviceSpec('m@node1')];

  it.each([
    [
      'V1',
      'ERROR: for m  Cannot create container for service m: Conflict. The container name "/taken" is already in use by container "0faa153e51ea22ad13a8d2b974381953d23dcaec5b3390cec09bae73caad073f". You have to remove (or rename) that container to be able to reuse that name.',
      'm@node1',
    ],
    [
      'V2',
      'Error response from daemon: Conflict. The container name "/taken" is already in use by container "0faa153e51ea22ad13a8d2b974381953d23dcaec5b3390cec09bae73caad073f". You have to remove (or rename) that container to be able to reuse that name.',
      null,
    ],
  ])('tells a name that is taken, and by whom (%s)', (_, line, service) => {
    const failure = classifyCreate(said(line), services);
    expect(failure).toMatchObject({ kind: 'name_taken', service, node: 'node1' });
    expect(failure.message).toContain('container name taken is taken by container 0faa153e51ea');
  });

  it('is told without what V1 says around it', () => {
    const lines = [
      'ERROR: for a  Cannot create container for service a: invalid volume specification: x:y:z',
      'Encountered errors while bringing up the project.',
    ];
    const message = `f.yml: containers could not be created: ${lines[1]}`;
    const failure = createFailure('service_start', message, { output: lines });
    expect(classifyCreate(failure, services)).toMatchObject({
      service: 'a',
      message: 'f.yml: containers could not be created: invalid volume specification: x:y:z',
    });
  });

  it('does not pass over what V1 only warns of: a container that was to use another one and does not', () => {
    const lines = [
      'Creating x_guest_1 ...',
      'Service base is trying to use reuse the network stack of another service that is not running.',
    ];
    expect(findApart(lines, [serviceSpec('guest@n')])).toMatchObject({
      kind: 'service_start',
      service: 'guest@n',
      message: 'it uses the network stack of base, which does not run any more',
    });
    expect(findApart(lines.slice(0, 1), services)).toBeNull();
  });

  it('is a refusal where it only reads its files, and says why', () => {
    expect(asRefusal(said('services.a Additional property prots is not allowed')).kind).toBe(
      'compose_refused',
    );
    // It did not answer in time.
    expect(asRefusal(said()).kind).toBe('service_start');
    const lost = createFailure('connection_lost', 'reset', { output: ['x'] });
    expect(asRefusal(lost)).toBe(lost);
  });

  it('is about the only service where there is only one', () => {
    const failure = classifyCreate(said('whatever'), [serviceSpec('a')]);
    expect(failure).toMatchObject({ kind: 'service_start', service: 'a' });
  });
});

it('the containers of a service are told apart by its id, not by its name', () => {
  expect([...parseContainers(['77aa p@node1', '3f2a p@node1', '99bb a'])]).toEqual([
    ['p@node1', ['77aa', '3f2a']],
    ['a', ['99bb']],
  ]);
});

describe('containers that are made ahead', () => {
  const services = ['a', 'b', 'c'].map((name) => serviceSpec(name));

  it('are made in turns by V1, which would wait for those that others await', () => {
    const v1 = { major: 1, version: '1.29.2', argv: ['docker-compose'] } as const;
    expect(turnsOf(services, parseComposeModel(FROM_V1), v1)).toEqual([['b', 'c'], ['a']]);
  });

  it.each([
    'network_mode: service:b',
    'pid: service:b',
    'ipc: service:b',
    'links: [b]',
    'external_links: [other]',
  ])('are not those that V1 would tear away from another one: %s', (key) => {
    const model = parseComposeModel(
      `services: { a: { ${key} }, b: { network_mode: host }, c: {} }`,
    );
    const names = (version: 1 | 2) =>
      makeableAhead(services, model, {
        major: version,
        version: String(version),
        argv: ['docker-compose'],
      }).map(({ name }) => name);
    expect(names(1)).toEqual(['b', 'c']);
    expect(names(2)).toEqual(['a', 'b', 'c']);
  });

  it('are started by V1 itself where it joins them to networks and links only then', () => {
    const model = parseComposeModel(`services:
  a: { networks: { one: {}, two: { aliases: [x] } } }
  b: { links: [c], networks: { one: {} } }
  c: { networks: { one: {} } }
`);
    const joined = (tool: ComposeTool) =>
      services.filter((service) => isJoinedAtStart(service, model, tool)).map(({ name }) => name);
    expect(joined({ major: 1, version: '1.29.2', argv: ['docker-compose'] })).toEqual(['a', 'b']);
    expect(joined({ major: 2, version: '2.26.1', argv: ['docker', 'compose'] })).toEqual([]);
  });

  it('are made all at once by V2', () => {
    const v2 = { major: 2, version: '2.26.1', argv: ['docker', 'compose'] } as const;
    expect(turnsOf(services, parseComposeModel(FROM_V1), v2)).toEqual([['a', 'b', 'c']]);
  });
});
