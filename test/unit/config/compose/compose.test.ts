import { describe, expect, it } from 'vitest';

import {
  load,
  problemsOf,
  servicesOf,
  show,
  withServices,
  type Files,
} from '../temporary-project.js';

const compose = (text: string, others: Files = {}): Files => withServices('', text, others);
const problems = async (text: string, others: Files = {}, environment = {}) =>
  (await problemsOf(compose(text, others), environment)).map((line) =>
    line.replace('scenarios/one/compose.yaml:', ''),
  );
const service = async (text: string, others: Files = {}, environment = {}) =>
  Object.values(await servicesOf(compose(text, others), environment))[0]?.process;

describe('a compose file', () => {
  it('may use all of YAML and extensions of its own', async () => {
    const text = `version: "3.8"
name: whatever
x-env: &env
  A: 1
  B: two
x-base: &base
  command: serve
  environment: *env
services:
  x-note: nothing
  one:
    <<: *base
    x-mine: anything
  two:
    <<: [*base, { working_dir: /tmp }]
    environment:
      <<: *env
      B: three
networks: {}
volumes:
  data:
`;
    const services = await servicesOf(compose(text));
    expect(services['one']?.process).toMatchObject({ argv: ['serve'], env: { A: '1', B: 'two' } });
    expect(services['two']?.process).toMatchObject({
      workingDir: '/tmp',
      env: { A: '1', B: 'three' },
    });
  });

  it.each([
    [
      'has unknown keys',
      'servcies: {}\nservices:\n  a: { command: a, imgae: x, depends-on: [] }\n  b: { command: b, healthcheck: { tests: x } }\n',
      [
        '1:1 error servcies: unknown key `servcies` | did you mean `services`?',
        '3:20 error services.a.imgae: unknown key `imgae` | did you mean `image`?',
        '3:30 error services.a.depends-on: unknown key `depends-on` | did you mean `depends_on`?',
        '4:33 warning services.b.healthcheck: has no effect under runtime process: it gives no `test`, and there is no image to give one',
        '4:35 error services.b.healthcheck.tests: unknown key `tests` | did you mean `test`?',
      ],
    ],
    ['is empty', '', ['1:1 error : is empty | a compose file has a `services:` map']],
    [
      'is a list',
      '- a\n',
      ['1:1 error : must be a map; got a list | a compose file has a `services:` map'],
    ],
    [
      'has a list of services',
      'services: [a]\n',
      ['1:11 error services: must be a map; got a list'],
    ],
    [
      'has a service that is none',
      'services:\n  a:\n  b: text\n',
      [
        '2:3 error services.a: must be a map; got nothing',
        "3:3 error services.b: must be a map; got 'text'",
      ],
    ],
    [
      'has a name that is none',
      'services:\n  "a b": { command: x }\n',
      [
        '2:3 error services.a b: `a b` is no name for a service | use letters, digits, `.`, `_` and `-`',
      ],
    ],
    [
      'has a tab',
      'services:\n\ta: { command: x }\n',
      ['2:1 error : a tab is used for indentation | YAML allows only spaces there'],
    ],
    [
      'has tags',
      'services:\n  a: { command: x, ports: !reset [] }\n',
      ['2:27 error : the tag `!reset` is not supported here | write the value without it'],
    ],
    [
      'is two',
      'services: {}\n---\nservices: {}\n',
      [
        '2:1 error : a second YAML document starts here | a file holds one document: remove the `---`, or put what follows into a file of its own',
      ],
    ],
    [
      'has values of wrong types',
      `services:
  a:
    command: [run, 8000]
    depends_on: b
    profiles: x
    working_dir: 5
    stop_signal: SIGNOPE
    stop_grace_period: 10
    environment: text
    env_file: { path: x }
    ports: "80:80"
    healthcheck: { test: [curl], interval: 5, retries: -1, disable: maybe }
    deploy: { replicas: 2 }
`,
      [
        '3:20 error services.a.command[1]: must be a text; got 8000 | put it in quotes',
        "4:17 error services.a.depends_on: must be a list or a map; got 'b'",
        "5:15 error services.a.profiles: must be a list; got 'x'",
        '6:18 error services.a.working_dir: must be a text; got 5 | put it in quotes',
        "7:18 error services.a.stop_signal: is no signal: 'SIGNOPE'",
        '8:24 error services.a.stop_grace_period: must be a duration such as 500ms, 30s or 1m30s; got 10 | write 10s',
        "9:18 error services.a.environment: must be a map or a list; got 'text'",
        '10:23 error services.a.env_file.path: the file scenarios/one/x does not exist | create it, or write `required: false`',
        "11:12 error services.a.ports: must be a list; got '80:80'",
        '12:26 error services.a.healthcheck.test: must be a text, or a list that starts with CMD, CMD-SHELL or NONE; got a list | write ["CMD", "curl", "-f", "http://localhost:8000/health"], or one line for a shell',
        '12:44 error services.a.healthcheck.interval: must be a duration such as 500ms, 30s or 1m30s; got 5 | write 5s',
        '12:56 error services.a.healthcheck.retries: must be a whole number of at least 0; got -1',
        "12:69 error services.a.healthcheck.disable: must be true or false; got 'maybe'",
        '13:25 error services.a.deploy.replicas: a process runs once, not 2 times | give each instance a service, or list `nodes:` in metadata.yaml',
      ],
    ],
  ])('that %s is a problem', async (_what, text, expected) => {
    expect(await problems(text)).toEqual(expected);
  });

  it('that is a directory is one too', async () => {
    expect(await problemsOf({ 'scenarios/one/compose.yaml/': '' })).toEqual([
      'scenarios/one/compose.yaml:1:1 error : is a directory, not a file',
    ]);
  });

  it('without an image is one for docker only', async () => {
    const docker = { 'config/nodes.yaml': 'nodes:\n  n: { host: h }\n' };
    const text = 'services:\n  a: { command: x }\n  b: { build: . }\n  c: { image: x }\n';
    expect(await problems(text, docker)).toEqual([
      '2:3 error services.a: has neither `image` nor `build`, which a container on n needs | name an image, or give the node `runtime: process`',
    ]);
  });
});

describe('variables in a compose file', () => {
  it('come from the environment, then the .env of the scenario, then that of the project', async () => {
    const files = {
      'scenarios/one/.env': 'A=scenario\nB=scenario\n',
      '.env': 'A=project\nB=project\nC=project\n',
    };
    const text =
      'services:\n  a: { command: ["$A", "${B}", "$C", "${D:-none}", "$$A", "P@$$w0rd"] }\n';
    expect(await service(text, files, { A: 'shell' })).toMatchObject({
      argv: ['shell', 'scenario', 'project', 'none', '$A', 'P@$w0rd'],
    });
  });

  it('are put in after YAML was read, into values only', async () => {
    const text =
      'services:\n  a: { command: [x], environment: { "$K": "$V" }, stop_grace_period: "${T}" }\n';
    expect(await service(text, {}, { K: 'k', V: 'a: [b]', T: '3s' })).toMatchObject({
      env: { $K: 'a: [b]' },
      stopGracePeriodMs: 3000,
    });
  });

  it('warn once each where they are not set', async () => {
    const text =
      'services:\n  a: { command: [x, "$NO", "$NO"], labels: { l: "${NO2}" } }\nx-unused: $NO3\n';
    expect(await problems(text)).toEqual([
      '2:21 warning services.a.command[1]: the variable NO is not set and counts as empty | set it, write ${NO:-default}, or $$ for a literal $',
      '2:49 warning services.a.labels.l: the variable NO2 is not set and counts as empty | set it, write ${NO2:-default}, or $$ for a literal $',
    ]);
  });

  it('may be required, and may be wrong', async () => {
    const text = 'services:\n  a: { command: [x, "${NO:?the model path}", "${x!}"] }\n';
    expect(await problems(text)).toEqual([
      '2:21 error services.a.command[1]: the variable NO is required: the model path',
      '2:46 error services.a.command[2]: `${x!}` is no valid variable; a literal `$` is written `$$`',
    ]);
  });
});

describe('the environment of a service', () => {
  it('is what compose would give it', async () => {
    const text = `services:
  a:
    command: x
    env_file:
      - first.env
      - path: second.env
      - path: third.env
        required: false
      - path: raw.env
        format: raw
    environment:
      FROM_SHELL:
      NOT_THERE:
      NUMBER: 12345678901234567890
      FLOAT: 1.50
      BIG: 1.0e9
      SMALL: 0.00001
      OCTAL: 0022
      TRUE: true
      TEXT: "yes"
      OVER: environment
      QUOTES: "a 'b' \\"c\\"\\nd $$(touch x)"
`;
    const files = {
      'scenarios/one/first.env': 'OVER=first\nONE=1\nSHARED=first\n',
      'scenarios/one/second.env': 'SHARED=second\nTWO=${ONE:-${FROM_SHELL}}\n',
      'scenarios/one/raw.env': "RAW='${ONE}'\n",
    };
    expect((await service(text, files, { FROM_SHELL: 'shell' }))?.env).toEqual({
      OVER: 'environment',
      ONE: '1',
      SHARED: 'second',
      TWO: 'shell',
      RAW: "'${ONE}'",
      FROM_SHELL: 'shell',
      NUMBER: '12345678901234567890',
      FLOAT: '1.5',
      BIG: '1e+09',
      SMALL: '1e-05',
      OCTAL: '18',
      TRUE: 'true',
      TEXT: 'yes',
      QUOTES: 'a \'b\' "c"\nd $(touch x)',
    });
  });

  it('may be written as a list', async () => {
    const text =
      'services:\n  a: { command: x, environment: ["A=1=2", "B=", FROM_SHELL, NOT_THERE] }\n';
    expect((await service(text, {}, { FROM_SHELL: 's' }))?.env).toEqual({
      A: '1=2',
      B: '',
      FROM_SHELL: 's',
    });
  });

  it('takes a single env_file, also an absolute one on this machine', async () => {
    const text = 'services:\n  a: { command: x, env_file: a.env }\n';
    expect((await service(text, { 'scenarios/one/a.env': 'A=1' }))?.env).toEqual({ A: '1' });
    expect(await problems('services:\n  a: { command: x, env_file: /nowhere/a.env }\n')).toEqual([
      '2:30 error services.a.env_file: the file /nowhere/a.env does not exist | create it, or write `required: false`',
    ]);
  });

  it('keeps what looks secret from being shown', async () => {
    const loaded = await load(
      compose(
        'services:\n  a: { command: x, environment: { API_KEY: sk-12345, HF_TOKEN: "" }, env_file: a.env }\n',
        {
          'scenarios/one/a.env': 'DB_PASSWORD=hunter22\n',
          'scenarios/one/.env': 'OTHER_SECRET=from-dotenv\n',
        },
      ),
    );
    expect(loaded.project?.secrets).toEqual(['from-dotenv', 'hunter22', 'sk-12345']);
  });

  it('keeps it also where docker runs the service', async () => {
    const loaded = await load(
      compose(
        'services:\n  a: { image: x, environment: ["API_KEY=$K"] }\n  b: { image: x, environment: { DB_PASSWORD: "in file" } }\n',
        { 'config/nodes.yaml': 'nodes:\n  n: { host: h }\n' },
      ),
      { K: 'sk-12345' },
    );
    expect(loaded.project?.secrets).toEqual(['sk-12345', 'in file']);
  });

  it.each([
    [
      'env_file: gone.env',
      [
        '2:30 error services.a.env_file: the file scenarios/one/gone.env does not exist | create it, or write `required: false`',
      ],
    ],
    [
      'env_file: ../x.env',
      [
        '2:30 error services.a.env_file: `../x.env` lies outside the folder of the scenario, which is all that reaches a node | move or copy it into the folder',
      ],
    ],
    [
      'env_file: [{ path: a.env, formt: raw }]',
      ['2:46 error services.a.env_file[0].formt: unknown key `formt` | did you mean `format`?'],
    ],
    [
      'env_file: [{ path: a.env, format: json }]',
      ["2:54 error services.a.env_file[0].format: must be raw, or not written; got 'json'"],
    ],
    [
      'env_file: bad.env',
      [
        'scenarios/one/bad.env:2:1 error : is no line of the form KEY=value | a name has letters, digits, `_`, `.` and `-`, and no space before the `=`',
      ],
    ],
    [
      'environment: { A: [1] }',
      ['2:38 error services.a.environment.A: must be a text; got a list'],
    ],
    [
      'environment: ["=x", 5]',
      [
        '2:34 error services.a.environment[0]: `` is no name for an environment variable',
        '2:40 error services.a.environment[1]: must be a text; got 5 | put it in quotes',
      ],
    ],
    [
      'environment: { A: "x\\0y" }',
      [
        '2:38 error services.a.environment.A: contains a NUL character, which no program can be given',
      ],
    ],
  ])('%s is a problem', async (written, expected) => {
    const files = { 'scenarios/one/a.env': 'A=1', 'scenarios/one/bad.env': 'A=1\nB C\n' };
    const found = await problems(`services:\n  a: { command: x, ${written} }\n`, files);
    expect(found).toEqual(expected);
  });

  it('has to be there under docker too', async () => {
    const docker = { 'config/nodes.yaml': 'nodes:\n  n: { host: h }\n' };
    expect(await problems('services:\n  a: { image: x, env_file: gone.env }\n', docker)).toEqual([
      '2:28 error services.a.env_file: the file scenarios/one/gone.env does not exist | create it, or write `required: false`',
    ]);
    expect(
      await problems('services:\n  a: { image: x, env_file: /on/the/node.env }\n', docker),
    ).toEqual([]);
  });

  it('of the scenario may be wrong as well', async () => {
    expect(await problemsOf({ 'scenarios/one/.env': 'A=1\n=x\n', '.env': 'B C\n' })).toEqual([
      '.env:1:1 error : is no line of the form KEY=value | a name has letters, digits, `_`, `.` and `-`, and no space before the `=`',
      'scenarios/one/.env:2:1 error : is no line of the form KEY=value | a name has letters, digits, `_`, `.` and `-`, and no space before the `=`',
    ]);
  });
});

describe('extends', () => {
  it('merges as compose does', async () => {
    const text = `services:
  base:
    command: [base]
    entrypoint: [run]
    environment: { A: 1, B: 1 }
    env_file: base.env
    healthcheck: { test: [CMD, a], interval: 3s }
    depends_on: [db]
    stop_signal: SIGINT
  child:
    extends: base
    command: [child]
    environment: [B=2, C]
    env_file: [child.env]
    healthcheck: { test: [CMD, b, c] }
    depends_on: { cache: { condition: service_started } }
  grandchild:
    extends: { service: child }
    stop_signal: QUIT
  db: { command: db }
  cache: { command: cache }
`;
    const files = {
      'scenarios/one/base.env': 'E=base\nF=base\n',
      'scenarios/one/child.env': 'F=child\n',
    };
    const services = await servicesOf(compose(text, files), { C: 'shell' });
    expect(services['grandchild']).toMatchObject({
      dependsOn: [{ service: 'db' }, { service: 'cache' }],
      process: {
        argv: ['run', 'child'],
        env: { A: '1', B: '2', C: 'shell', E: 'base', F: 'child' },
        stopSignal: 'SIGQUIT',
        healthCheck: { argv: ['b', 'c'], intervalMs: 3000 },
      },
    });
    expect(services['base']?.process?.stopSignal).toBe('SIGINT');
  });

  it('takes a service of another file, whose paths start at that file', async () => {
    const files = {
      'scenarios/one/common/base.yml':
        'services:\n  server: { extends: root, command: "serve $PORT" }\n  root: { env_file: root.env, working_dir: /tmp }\n',
      'scenarios/one/common/root.env': 'ROOT=1\n',
    };
    const text =
      'services:\n  a:\n    extends: { file: common/base.yml, service: server }\n    environment: { X: 1 }\n';
    expect(await service(text, files, { PORT: '80' })).toMatchObject({
      argv: ['serve', '80'],
      env: { ROOT: '1', X: '1' },
      workingDir: '/tmp',
    });
  });

  it.each([
    [
      'a service that is not there',
      'extends: bas',
      ['2:29 error services.a.extends: extends `bas`, which is no service | did you mean `base`?'],
    ],
    [
      'a file that is not there',
      'extends: { file: x.yml, service: y }',
      ['2:37 error services.a.extends.file: the file scenarios/one/x.yml does not exist'],
    ],
    [
      'a service that is not in the file',
      'extends: { file: other.yml, service: sevrer }',
      [
        '2:29 error services.a.extends: extends `sevrer`, which is no service in scenarios/one/other.yml | did you mean `server`?',
      ],
    ],
    [
      'itself',
      'extends: a',
      ['2:29 error services.a.extends: `extends` goes round in a circle: a → a'],
    ],
    [
      'a file outside',
      'extends: { file: ../two/compose.yml, service: y }',
      [
        '2:37 error services.a.extends.file: `../two/compose.yml` lies outside the folder of the scenario, which is all that reaches a node | move or copy it into the folder',
      ],
    ],
    [
      'a remote file',
      'extends: { file: "https://x/y.yml", service: y }',
      [
        '2:37 error services.a.extends.file: `https://x/y.yml` is a remote file, which cannot be used here | copy it into the folder of the scenario',
      ],
    ],
    [
      'nothing',
      'extends: { file: other.yml }',
      ['2:29 error services.a.extends: `service` is missing: the service to extend'],
    ],
    [
      'with unknown keys',
      'extends: { services: base, service: base }',
      ['2:31 error services.a.extends.services: unknown key `services` | did you mean `service`?'],
    ],
  ])('of %s is a problem', async (_what, written, expected) => {
    const files = { 'scenarios/one/other.yml': 'services: { server: { command: x } }\n' };
    expect(
      await problems(`services:\n  a: { command: x, ${written} }\n  base: { command: x }\n`, files),
    ).toEqual(expected);
  });

  it('in a circle over files is a problem', async () => {
    const found = await problems(
      'services:\n  a: { command: x, extends: { file: b.yml, service: b } }\n',
      {
        'scenarios/one/b.yml': 'services:\n  b: { extends: { file: compose.yaml, service: a } }\n',
      },
    );
    expect(found).toEqual([
      '2:29 error services.a.extends: `extends` goes round in a circle: a → b → a',
    ]);
  });

  it('through ten thousand services takes no more than its time', async () => {
    const services = Array.from(
      { length: 10_000 },
      (_, at) => `  s${at}: { extends: s${at + 1} }\n`,
    );
    const start = performance.now();
    const services_ = await servicesOf(
      compose(`services:\n${services.join('')}  s10000: { command: x }\n`),
    );
    expect(services_['s0']?.process?.argv).toEqual(['x']);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('include', () => {
  const included = {
    'scenarios/one/db/compose.yml': 'services:\n  db: { command: "db $V $W", env_file: db.env }\n',
    'scenarios/one/db/db.env': 'D=1\n',
    'scenarios/one/db/.env': 'V=included\nW=included\n',
    'scenarios/one/other.env': 'V=other\n',
  };

  it('brings in services, with paths and variables of their own', async () => {
    const text = 'include: [db/compose.yml]\nservices:\n  a: { command: a, depends_on: [db] }\n';
    const services = await servicesOf(
      compose(text, { ...included, 'scenarios/one/.env': 'W=mine\n' }),
    );
    expect(services['db']?.process).toMatchObject({
      argv: ['db', 'included', 'mine'],
      env: { D: '1' },
    });
    expect(services['a']?.dependsOn).toEqual([
      { service: 'db', condition: 'service_started', required: true },
    ]);
  });

  it('takes its directory and variables from elsewhere, and several files over each other', async () => {
    const text =
      'include:\n  - path: [db/compose.yml, over.yml]\n    project_directory: db\n    env_file: other.env\nservices: {}\n';
    const files = {
      ...included,
      'scenarios/one/over.yml': 'services:\n  db: { environment: { X: 1 } }\n',
    };
    const services = await servicesOf(compose(text, files), { W: 'w' });
    expect(services['db']?.process).toMatchObject({
      argv: ['db', 'other', 'w'],
      env: { D: '1', X: '1' },
    });
  });

  it('of the same file on two ways is no conflict', async () => {
    const text = 'include: [x.yml, db/compose.yml]\n';
    const files = {
      ...included,
      'scenarios/one/x.yml': 'include: [db/compose.yml]\nservices: { x: { command: x } }\n',
    };
    expect(Object.keys(await servicesOf(compose(text, files)))).toEqual(['x', 'db']);
  });

  it.each([
    [
      'a name twice',
      'include: [db/compose.yml]\nservices:\n  db: { command: x }\n',
      [
        '1:11 error include[0]: includes a service `db`, which scenarios/one/compose.yaml:3 defines already | rename one of them: `include` merges nothing',
      ],
    ],
    [
      'nothing that is there',
      'include: [gone.yml]\n',
      ['1:11 error include[0]: the file scenarios/one/gone.yml does not exist'],
    ],
    [
      'itself',
      'include: [compose.yaml]\n',
      [
        '1:11 error include[0]: `include` goes round in a circle: scenarios/one/compose.yaml → scenarios/one/compose.yaml',
      ],
    ],
    [
      'no list',
      'include: db/compose.yml\n',
      ['1:10 error include: `include` must be a list | write `include: [other.yaml]`'],
    ],
    [
      'what is remote',
      'include: ["oci://x/y"]\n',
      [
        '1:11 error include[0]: `oci://x/y` is a remote file, which cannot be used here | copy it into the folder of the scenario',
      ],
    ],
    [
      'no path',
      'include: [{ env_file: x }]\n',
      ['1:11 error include[0]: `path` is missing: the compose file to include'],
    ],
    [
      'an env_file that is not there',
      'include: [{ path: db/compose.yml, env_file: x.env }]\n',
      ['1:11 error include[0]: the env_file scenarios/one/x.env does not exist'],
    ],
  ])('of %s is a problem', async (_what, text, expected) => {
    const found = await problems(text, included);
    expect(found.filter((line) => line.includes(' error '))).toEqual(expected);
  });
});

describe('a service without a container', () => {
  it('is its entrypoint and command, split as a list of words', async () => {
    const argv = async (text: string) => (await service(`services:\n  a: { ${text} }\n`))?.argv;
    expect(
      await argv(`command: 'python -m "http server" --x=\\''`.replace("\\'", "''a b''")),
    ).toEqual(['python', '-m', 'http server', '--x=a b']);
    expect(await argv('entrypoint: /bin/run, command: [a b, c]')).toEqual(['/bin/run', 'a b', 'c']);
    expect(await argv('entrypoint: [only]')).toEqual(['only']);
    expect(await argv('entrypoint: [], command: x')).toEqual(['x']);
  });

  it('has the times, signal and checks that compose would use', async () => {
    const text = `services:
  a:
    command: x
    working_dir: sub/folder
    stop_signal: 2
    stop_grace_period: 1m30s
    healthcheck:
      test: curl -f http://localhost || exit 1
      interval: 1m
      timeout: 500ms
      retries: "5"
      start_period: 0
      start_interval: 2s
`;
    expect(await service(text)).toEqual({
      argv: ['x'],
      env: {},
      workingDir: 'sub/folder',
      stopSignal: 'SIGINT',
      stopGracePeriodMs: 90_000,
      healthCheck: {
        argv: ['/bin/sh', '-c', 'curl -f http://localhost || exit 1'],
        intervalMs: 60_000,
        timeoutMs: 500,
        retries: 5,
        startPeriodMs: 0,
        startIntervalMs: 2000,
      },
      ports: [],
    });
  });

  it.each([
    ['"8000"', [[null, 8000, 'tcp']]],
    ['8000', [[null, 8000, 'tcp']]],
    ['"18008:8000"', [[null, 8000, 'tcp']]],
    ['"127.0.0.1:18008:8000/udp"', [['127.0.0.1', 8000, 'udp']]],
    [
      '"8000-8001"',
      [
        [null, 8000, 'tcp'],
        [null, 8001, 'tcp'],
      ],
    ],
    ['{ target: 8000, published: "18008", host_ip: 10.0.0.1 }', [['10.0.0.1', 8000, 'tcp']]],
  ])('listens on its own port, whatever is published: ports [%s]', async (port, own) => {
    const found = await service(`services:\n  a: { command: x, ports: [${port}] }\n`);
    expect(
      found?.ports.map(({ address, port: number, protocol }) => [address, number, protocol]),
    ).toEqual(own);
  });

  it('is checked as compose does where it says nothing', async () => {
    const text = 'services:\n  a: { command: x, healthcheck: { test: ["CMD-SHELL", "true"] } }\n';
    const check = {
      intervalMs: 30_000,
      timeoutMs: 30_000,
      startPeriodMs: 0,
      startIntervalMs: 5000,
    };
    expect((await service(text))?.healthCheck).toEqual({
      argv: ['/bin/sh', '-c', 'true'],
      retries: 3,
      ...check,
    });
    const defaults = { 'config/defaults.yaml': 'service_health_check: { max_retries: 7 }\n' };
    expect((await service(text, defaults))?.healthCheck?.retries).toBe(7);
    expect(await service('services:\n  a: { command: x }\n')).toMatchObject({
      workingDir: '.',
      stopSignal: 'SIGTERM',
      stopGracePeriodMs: 10_000,
      healthCheck: null,
    });
  });

  it.each([
    [
      'image: redis',
      [
        "2:3 error services.a: the image's default command is unknown outside a container | give the service a `command:`",
      ],
    ],
    ['command: "echo \'x"', ['2:17 error services.a.command: has a quote that is never closed']],
    [
      'command: "a && b"',
      [
        '2:17 warning services.a.command: no shell reads this: `&&` is an argument of `a` | write ["sh", "-c", "…"] where a shell is meant',
      ],
    ],
    [
      'command: x, scale: 3',
      [
        '2:27 error services.a.scale: a process runs once, not 3 times | give each instance a service, or list `nodes:` in metadata.yaml',
      ],
    ],
    [
      'command: x, provider: { type: y }',
      [
        '2:30 error services.a.provider: a service that has a `provider` cannot run under runtime process',
      ],
    ],
    [
      'command: x, working_dir: /no/such/folder',
      [
        '2:33 warning services.a.working_dir: the folder /no/such/folder does not exist on this machine | without a container this is a folder of the node; relative ones are those of the scenario',
      ],
    ],
    [
      'command: x, healthcheck: { interval: 1s }',
      [
        '2:33 warning services.a.healthcheck: has no effect under runtime process: it gives no `test`, and there is no image to give one',
      ],
    ],
    [
      'command: x, ports: ["18008:8000", "80:80", "9000", "127.0.0.1:53:53/udp", { target: 1, published: 2 }], volumes: [./a:/b], restart: always, user: me',
      [
        '2:20 warning services.a.ports: has no effect under runtime process: ports 18008:8000, 2:1 (line 2), volumes (line 2), restart (line 2), user (line 2) | a process listens on its own port, whatever is published',
      ],
    ],
    [
      'command: x, network_mode: host, restart: "no", privileged: false, cap_add: [], deploy: { replicas: 1 }, labels: [a], container_name: y, init: true, image: z',
      [],
    ],
    [
      'command: x, deploy: { resources: {} }, gpus: all',
      [
        '2:20 warning services.a.deploy: has no effect under runtime process: deploy (line 2), gpus (line 2)',
      ],
    ],
    [
      'command: x, ports: [http]',
      [
        '2:28 error services.a.ports[0]: is no port mapping: \'http\' | write "8000", "18008:8000" or "127.0.0.1:18008:8000", in quotes',
      ],
    ],
    [
      'command: x, ports: [{ published: 80 }]',
      ['2:28 error services.a.ports[0]: `target` is missing: the port in the container'],
    ],
  ])('%s', async (written, expected) => {
    expect(await problems(`services:\n  a: { ${written} }\n`)).toEqual(expected);
  });

  it('knows other services by no name', async () => {
    const text = `services:
  web:
    command: [serve, --db, "postgres://me@db:5432/x", --cache=cache:6379]
    environment: { QUEUE: "http://queue", ROLE: db, PATH_: /data/cache/x, OTHER: "127.0.0.1:80" }
  db: { command: db }
  cache: { command: cache }
  queue: { command: queue }
`;
    expect(await problems(text)).toEqual([
      '2:3 warning services.web: its command or environment names services as hosts, which only a container network knows: db, cache, queue | under runtime process write the address of the node, such as 127.0.0.1',
    ]);
  });

  it('may be what docker would need more for', async () => {
    const docker = { 'config/nodes.yaml': 'nodes:\n  n: { host: h }\n' };
    const text =
      'services:\n  a: { image: x, ports: ["1:2"], volumes: [a:/b], scale: 3, deploy: { replicas: 3 } }\n';
    expect((await load(compose(text, docker))).problems.map(show)).toEqual([]);
  });
});

describe('an override of the compose file', () => {
  const text = `include: [other.yaml]
services:
  a:
    command: a
    environment: { X: "1", Y: "1" }
`;
  const others = {
    'scenarios/one/other.yaml': 'services:\n  b: { command: b }\n',
    'scenarios/one/compose.override.yaml': `services:
  a:
    environment: { Y: "2" }
    depends_on: [c]
  b: { command: other }
  c: { command: c }
`,
  };

  it('is laid over it, and over what it includes, as compose does by itself', async () => {
    const services = await servicesOf(compose(text, others));
    expect(services['a']).toMatchObject({
      composeFile: 'compose.yaml',
      composeOverride: 'compose.override.yaml',
      process: { argv: ['a'], env: { X: '1', Y: '2' } },
      dependsOn: [{ service: 'c' }],
    });
    expect(services['b']?.process).toMatchObject({ argv: ['other'] });
    expect(services['c']?.process).toMatchObject({ argv: ['c'] });
  });

  it('belongs to no other file', async () => {
    const metadata = 'deployment: { services: [{ name: b, compose_file: other.yaml }] }\n';
    const services = await servicesOf(withServices(metadata, text, others));
    expect(services['b']).toMatchObject({ composeOverride: null, process: { argv: ['b'] } });
  });

  it('has its problems told in its own lines, and may not be two', async () => {
    const file = 'scenarios/one/docker-compose.override.yml';
    expect(await problems('services: { a: { command: a } }', { [file]: 'servcies: {}\n' })).toEqual(
      [`${file}:1:1 error servcies: unknown key \`servcies\` | did you mean \`services\`?`],
    );
    const two = await problems(text, { ...others, [file]: 'services: {}\n' });
    expect(two.join()).toContain('compose.override.yaml');
  });
});
