import { describe, expect, it } from 'vitest';

import { problemsFor, problemsForNodes } from '../../../../src/config/load.js';
import { BASE, load, problemsOf, show, type Environment } from '../temporary-project.js';

async function nodesOf(yaml: string, environment: Environment = {}, dotenv?: string) {
  const loaded = await load(
    { 'config/nodes.yaml': yaml, ...(dotenv === undefined ? {} : { '.env': dotenv }) },
    environment,
  );
  return loaded.project?.nodes ?? [];
}

const problems = (yaml: string, environment: Environment = {}) =>
  problemsOf({ 'config/nodes.yaml': yaml }, environment);

describe('a node', () => {
  it('needs no more than a host', async () => {
    const [node] = await nodesOf('nodes:\n  node1: { host: 10.0.0.1 }\n', { HOME: '/home/me' });
    expect(node).toEqual({
      name: 'node1',
      transport: 'ssh',
      host: '10.0.0.1',
      port: null,
      username: null,
      authentication: { password: null, privateKeyPath: null, passphrase: null, agent: false },
      proxyJump: null,
      useSshConfig: false,
      hostKey: null,
      knownHosts: null,
      keepaliveIntervalMs: null,
      enabled: true,
      runtime: 'docker',
      dockerComposePath: null,
      resultsPath: null,
      labels: {},
      lockPath: null,
      source: { file: 'config/nodes.yaml', line: 2, column: 3 },
    });
  });

  it('that is this machine needs nothing', async () => {
    const [node] = await nodesOf('nodes:\n  here: { transport: local }\n');
    expect(node).toMatchObject({ transport: 'local', host: '127.0.0.1', runtime: 'docker' });
  });

  it('may say everything', async () => {
    const yaml = `nodes:
  node1:
    transport: ssh
    host: node1.example.org
    port: 2222
    username: root
    password: secret-1
    private_key_path: keys/id
    passphrase: secret-2
    agent: true
    proxy_jump: me@bastion:2200
    use_ssh_config: true
    host_key: accept-new
    known_hosts: keys/known_hosts
    keepalive_interval: 1m
    enabled: false
    runtime: process
    docker_compose_path: /opt/inference
    results_path: ~/results
    labels: { gpu: h20, cards: 8, mig: false, driver: 3.10 }
`;
    const loaded = await load({ 'config/nodes.yaml': yaml });
    const root = loaded.project?.root ?? '';
    expect(loaded.project?.nodes[0]).toMatchObject({
      port: 2222,
      authentication: {
        password: 'secret-1',
        privateKeyPath: `${root}/keys/id`,
        passphrase: 'secret-2',
        agent: true,
      },
      proxyJump: 'me@bastion:2200',
      useSshConfig: true,
      hostKey: 'accept-new',
      knownHosts: `${root}/keys/known_hosts`,
      keepaliveIntervalMs: 60_000,
      enabled: false,
      runtime: 'process',
      dockerComposePath: '/opt/inference',
      resultsPath: 'results',
      labels: { gpu: 'h20', cards: '8', mig: 'false', driver: '3.10' },
    });
    expect(loaded.project?.secrets).toEqual(['secret-1', 'secret-2']);
  });

  it('that is this machine has paths that start at the project', async () => {
    const loaded = await load(
      {
        'config/nodes.yaml':
          'nodes:\n  here: { transport: local, docker_compose_path: work, results_path: ~/r }\n',
      },
      { HOME: '/home/me' },
    );
    expect(loaded.project?.nodes[0]).toMatchObject({
      dockerComposePath: `${loaded.project?.root ?? ''}/work`,
      resultsPath: '/home/me/r',
    });
  });
});

describe('variables in nodes.yaml', () => {
  const yaml =
    'nodes:\n  n: { host: "${HOST}", port: "${PORT}", password: "${PW}", agent: "${AGENT:-true}" }\n';

  it('come from the environment, then from the .env of the project, and have the type that is wanted', async () => {
    const [node] = await nodesOf(yaml, { HOST: 'h1', PW: '12345' }, 'HOST=h2\nPORT=2222\n');
    expect(node).toMatchObject({
      host: 'h1',
      port: 2222,
      authentication: { password: '12345', agent: true },
    });
  });

  it('are all reported where they are not set, each where it is used', async () => {
    expect(await problems(yaml)).toEqual([
      "config/nodes.yaml:2:14 error nodes.n.host: the variable HOST is not set | set it in the environment or in the project's .env, or write ${HOST:-default}",
      "config/nodes.yaml:2:31 error nodes.n.port: the variable PORT is not set | set it in the environment or in the project's .env, or write ${PORT:-default}",
      "config/nodes.yaml:2:52 error nodes.n.password: the variable PW is not set | set it in the environment or in the project's .env, or write ${PW:-default}",
    ]);
  });

  it('are no problem in a node that is disabled', async () => {
    const both =
      'nodes:\n  here: { transport: local, runtime: process }\n  off: { host: "${NOPE}", enabled: false }\n';
    expect(await problems(both)).toEqual([]);
  });

  it('that make something wrong are reported by what they made, unless it is a secret', async () => {
    expect(await problems('nodes:\n  n: { host: h, port: "${PORT}" }\n', { PORT: 'abc' })).toEqual([
      "config/nodes.yaml:2:23 error nodes.n.port: must be a whole number; got 'abc'",
    ]);
    expect(
      await problems('nodes:\n  n: { host: h, port: "${A_PASSWORD}" }\n', { A_PASSWORD: 'abc' }),
    ).toEqual(['config/nodes.yaml:2:23 error nodes.n.port: must be a whole number; got a secret']);
  });

  it('leave a password with dollar signs as it is', async () => {
    const [node] = await nodesOf("nodes:\n  n: { host: h, password: 'P@$$w0rd$(touch x)' }\n");
    expect(node?.authentication.password).toBe('P@$$w0rd$(touch x)');
    const [other] = await nodesOf(
      'nodes:\n  n: { host: h, password: "${PW}" }\n',
      {},
      'PW=P@$$w0rd\n',
    );
    expect(other?.authentication.password).toBe('P@$$w0rd');
  });

  it('are never looked for among what every object has', async () => {
    expect(await problems('nodes:\n  n: { host: "${toString}" }\n')).toHaveLength(1);
  });
});

describe('a password that is written in nodes.yaml', () => {
  it.each(['b,me@bastion:2200', 'ssh://me@bastion:2200', 'none', '[fe80::1]:22'])(
    'may lead over %s',
    async (jump) => {
      const text = `nodes:\n  a: { host: a, proxy_jump: "${jump}" }\n  b: { host: b }\n`;
      expect((await nodesOf(text))[0]?.proxyJump).toBe(jump);
    },
  );

  it('is taken out of lines that are shown, whatever is wrong with it', async () => {
    for (const password of ['hunter22', '12345', '"a b c d"', 'P@$$w0rd']) {
      const line = `  n: { host: h, prot: 22, password: ${password} }`;
      const loaded = await load({ 'config/nodes.yaml': `nodes:\n${line}\n` });
      expect(loaded.problems).not.toEqual([]);
      expect(loaded.mask(line)).not.toContain(password.replaceAll('"', ''));
    }
  });
});

describe('what is wrong in nodes.yaml', () => {
  it.each([
    [
      'an unknown key',
      'nodes:\n  n: { host: h, prot: 22 }\n',
      ['config/nodes.yaml:2:17 error nodes.n.prot: unknown key `prot` | did you mean `port`?'],
    ],
    [
      'a wrong type',
      'nodes:\n  n:\n    host: 10\n    agent: yes\n    port: 70000\n',
      [
        'config/nodes.yaml:3:11 error nodes.n.host: must be a text; got 10 | put it in quotes',
        "config/nodes.yaml:4:12 error nodes.n.agent: must be true or false; got 'yes' | YAML knows only true and false",
        'config/nodes.yaml:5:11 error nodes.n.port: must be at most 65535; got 70000',
      ],
    ],
    [
      'a password that is no text, without showing it',
      'nodes:\n  n: { host: h, password: 12345 }\n',
      [
        'config/nodes.yaml:2:27 error nodes.n.password: must be a text; got something else | put it in quotes',
      ],
    ],
    [
      'a wrong choice',
      'nodes:\n  n: { host: h, transport: shh }\n',
      [
        "config/nodes.yaml:2:28 error nodes.n.transport: must be one of ssh, local; got 'shh' | did you mean `ssh`?",
      ],
    ],
    [
      'no host',
      'nodes:\n  n: { username: root }\n',
      [
        'config/nodes.yaml:2:6 error nodes.n: `host` is missing | name the machine, or write `transport: local`',
      ],
    ],
    [
      'a host that is none',
      'nodes:\n  n: { host: "-oProxyCommand=x" }\n',
      [
        "config/nodes.yaml:2:14 error nodes.n.host: is no host name and no address: '-oProxyCommand=x'",
      ],
    ],
    [
      'a reserved name',
      'nodes:\n  local: { transport: local }\n',
      [
        'config/nodes.yaml:2:3 error nodes.local: a node cannot be called `local`: the word stands for something else in `test_execution.node` | give it another name',
      ],
    ],
    [
      'a name that is none',
      'nodes:\n  "a b": { transport: local }\n',
      [
        'config/nodes.yaml:2:3 error nodes.a b: `a b` is no name for a node | use a name of letters, digits, `.`, `_` and `-` that starts with a letter or a digit',
      ],
    ],
    [
      'no nodes',
      'nodes: {}\n',
      [
        'config/nodes.yaml:1:8 error nodes: there are no nodes | name one: `nodes: { here: { transport: local } }`',
      ],
    ],
    [
      'a node that is no map',
      'nodes:\n  n: 10.0.0.1\n',
      ["config/nodes.yaml:2:6 error nodes.n: must be a map; got '10.0.0.1'"],
    ],
    [
      'nothing of it',
      'hosts: {}\n',
      [
        'config/nodes.yaml:1:1 error : `nodes` is missing',
        'config/nodes.yaml:1:1 error hosts: unknown key `hosts` | known here: nodes',
      ],
    ],
    [
      'an unchecked host key',
      'nodes:\n  n: { host: h, host_key: off }\n',
      [
        'config/nodes.yaml:2:27 warning nodes.n.host_key: the host key is not checked: whoever answers gets the credentials',
      ],
    ],
    [
      'a key file that is not there',
      'nodes:\n  n: { host: h, private_key_path: /nowhere/id }\n',
      [
        'config/nodes.yaml:2:35 warning nodes.n.private_key_path: the file /nowhere/id does not exist',
      ],
    ],
    [
      'jumps in a circle',
      'nodes:\n  a: { host: a, proxy_jump: b }\n  b: { host: b, proxy_jump: a }\n',
      [
        'config/nodes.yaml:2:29 error nodes.a.proxy_jump: goes round in a circle: a → b → a',
        'config/nodes.yaml:3:29 error nodes.b.proxy_jump: goes round in a circle: b → a → b',
      ],
    ],
    [
      'a jump over nothing',
      'nodes:\n  n: { host: h, proxy_jump: "a b" }\n',
      [
        "config/nodes.yaml:2:29 error nodes.n.proxy_jump: is neither a node nor [user@]host[:port]: 'a b'",
      ],
    ],
  ])('%s', async (_what, yaml, expected) => {
    const scenario = { 'scenarios/one/metadata.yaml': 'name: first\n' };
    const found = await problemsOf({ ...scenario, 'config/nodes.yaml': yaml });
    expect(found.filter((line) => line.startsWith('config/'))).toEqual(expected);
  });

  it.each(['h20-01.example.org', 'node_1', '10.0.0.1', 'fe80::1%eth0', '::1', '2001:db8::1'])(
    'is not a host such as %s',
    async (host) => {
      expect(await problems(`nodes:\n  n: { host: "${host}" }\n`)).toEqual([]);
    },
  );

  it('takes x- keys, anchors and merge keys for what they are', async () => {
    const yaml = `x-common: &common
  username: root
  x-note: anything
nodes:
  a: { <<: *common, host: a }
  b: { <<: *common, host: b, username: me }
`;
    const nodes = await nodesOf(yaml);
    expect(nodes.map(({ username }) => username)).toEqual(['root', 'me']);
  });

  it('is a warning in a node that is disabled', async () => {
    const yaml =
      'nodes:\n  here: { transport: local, runtime: process }\n  off: { enabled: false, prot: 1 }\n';
    expect(await problems(yaml)).toEqual([
      'config/nodes.yaml:3:26 warning nodes.off.prot: unknown key `prot` | did you mean `port`?',
    ]);
  });

  it('keeps only the scenarios from running that use the node', async () => {
    const loaded = await load({
      'config/nodes.yaml': `nodes:
  good: { transport: local, runtime: process }
  bad: { host: "\${NOPE}" }
`,
      'scenarios/one/metadata.yaml': 'name: first\ndeployment: { node: good }\n',
      'scenarios/two/metadata.yaml': 'name: second\ntest_execution: { node: bad }\n',
      'scenarios/two/run_test.sh': '#!/bin/sh\n',
    });
    expect(problemsFor(loaded, ['first'])).toEqual([]);
    expect(problemsFor(loaded, ['one'])).toEqual([]);
    expect(problemsFor(loaded, ['second']).map(show)).toHaveLength(1);
    expect(problemsFor(loaded, undefined)).toHaveLength(1);
    expect(problemsForNodes(loaded, ['good'])).toEqual([]);
    expect(problemsForNodes(loaded, ['bad'])).toHaveLength(1);
    expect(loaded.project?.scenarios.map(({ name }) => name)).toEqual(['first', 'second']);
  });
});

describe('nodes.yaml', () => {
  it('has to be there', async () => {
    const loaded = await load({ 'config/nodes.yaml/': '' });
    expect(loaded.project).toBeNull();
    expect(loaded.broken).toEqual([{ name: 'first', directory: 'one' }]);
    expect(loaded.problems.map(show)).toEqual([
      'config/nodes.yaml:1:1 error : is a directory, not a file',
    ]);
  });

  it('may be called nodes.yml, but not both', async () => {
    const { 'config/nodes.yaml': yaml = '', ...others } = BASE;
    expect(await problemsOf({ ...others, 'config/nodes.yml': yaml })).toEqual([
      'config/nodes.yml:1:1 error : there is also config/nodes.yaml, which means the same | keep one of the two',
    ]);
  });
});
