import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { projectFolder, scenarioFiles } from '../support/project-folder.js';
import { startSshServer } from '../support/ssh-server/start.js';

/** One for every place where a secret can be put, each with what encodings change. */
const PLACES = [
  'node password from the project .env',
  'passphrase',
  'project .env',
  'scenario .env',
  'URL in the scenario .env',
  'env of the test',
  'environment of a service',
  'env_file of a service',
  'api_key_env',
  'test_config.json',
] as const;
type Place = (typeof PLACES)[number];

const SECRETS = Object.fromEntries(
  PLACES.map((place) => [place, `s+${randomBytes(9).toString('hex')}/"q'`]),
) as Record<Place, string>;
// A URL has its own alphabet.
SECRETS['URL in the scenario .env'] = `u${randomBytes(9).toString('hex')}`;

/** As programs write it. */
function formsOf(secret: string): readonly (readonly [string, string])[] {
  return [
    ['plain', secret],
    ['base64', Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1)],
    ['base64url', Buffer.from(secret).toString('base64url').slice(0, -1)],
    ['in a URL', encodeURIComponent(secret)],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['shell', secret.replaceAll("'", `'\\''`)],
    ['Markdown', secret.replaceAll('+', '\\+')],
  ];
}

/** The secrets that a text gives away, and how. */
function findSecrets(text: string): readonly string[] {
  return PLACES.flatMap((place) =>
    formsOf(SECRETS[place]).flatMap(([form, value]) =>
      text.includes(value) ? [`${place} (${form})`] : [],
    ),
  );
}

/** Gives away all that its environment has, in every form, and in two pieces. */
const TATTLE = `
for value in "$@"; do
  printf 'plain %s.\\n' "$value"
  printf 'base64 %s.\\n' "$(printf 'x%s' "$value" | base64 -w 0)"
  printf 'shell %s.\\n' "$(printf %s "$value" | sed "s/'/'\\\\\\\\''/g")"
  printf 'url %s.\\n' "$(printf %s "$value" | sed 's/+/%2B/g; s/"/%22/g; s,/,%2F,g')"
  printf 'json %s.\\n' "$(printf %s "$value" | sed 's/"/\\\\"/g')"
  first=\${value%??????????}
  printf 'split %s' "$first"; sleep 0.05; printf '%s.\\n' "\${value#"$first"}"
  printf 'error %s.\\n' "$value" >&2
done`;

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** Looks at the command line of every process of the machine, again and again. */
function watchCommandLines() {
  const given = new Set<string>();
  let looks = 0;
  const look = () => {
    looks += 1;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        for (const place of findSecrets(line)) given.add(`${place}: ${line}`);
      } catch {
        // It has just ended.
      }
    }
  };
  const timer = setInterval(look, 40);
  onTestFinished(() => clearInterval(timer));
  return { given, looks: () => looks };
}

describe.skipIf(process.platform !== 'linux')('secrets', () => {
  it('appear nowhere in what is shown or written, in no command line, and only in files of our own', async () => {
    const server = await startSshServer();
    onTestFinished(() => server.stop());
    const s = SECRETS;
    const yaml = (text: string) => JSON.stringify(text);
    const compose = (exit: string, check = 'true') => `
services:
  engine:
    command: ["sh", "-c", ". ./tattle.sh; ${exit}"]
    healthcheck: { test: ["CMD-SHELL", "${check}"], interval: 200ms, retries: 1000 }
    env_file: own.env
    environment:
      API_KEY: ${yaml(s['environment of a service'])}
      FROM_ENV_FILE: \${DB_PASSWORD}
`;
    const more = {
      '.env': `DB_PASSWORD='${s['scenario .env'].replaceAll("'", `\\'`)}'\nDATABASE_URL=postgres://user:${s['URL in the scenario .env']}@db/x\n`,
      'own.env': `OWN_SECRET='${s['env_file of a service'].replaceAll("'", `\\'`)}'\n`,
      'test_config.json': JSON.stringify({ extra: { password: s['test_config.json'] } }),
    };
    const variables = '"$API_KEY" "$OWN_SECRET" "$FROM_ENV_FILE"';
    const project = await projectFolder({
      '.env': `NODE_PASSWORD=${s['node password from the project .env']}\nPROJECT_TOKEN=${s['project .env']}\n`,
      'config/scenarios.yaml':
        'execution_config: { retry_strategy: { service_level_retries: 0 } }\n',
      'config/nodes.yaml': `
nodes:
  node1: { transport: local, runtime: process }
  far:
    host: 127.0.0.1
    port: ${server.port}
    username: tester
    password: "\${NODE_PASSWORD}"
    host_key: off
    runtime: process
    docker_compose_path: FAR
    results_path: FAR/results
  off: { host: 10.0.0.1, private_key_path: key, passphrase: ${yaml(s.passphrase)}, enabled: false }
`,
      ...scenarioFiles('001_script', {
        metadata: `
deployment: { node: node1 }
test_execution:
  node: far
  result_paths: [out/]
  collection_mode: comprehensive
  env:
    HF_TOKEN: ${yaml(s['env of the test'])}
    FROM_PROJECT: "\${PROJECT_TOKEN}"
    ENGINE_LOGIN: ${yaml(s.api_key_env)}
`,
        compose: compose('exec sleep 300'),
        script: `
set -- "$HF_TOKEN" "$FROM_PROJECT" "$ENGINE_LOGIN" "$(sed -n "s/^DATABASE_URL=.*user:\\(.*\\)@.*/\\1/p" .env)"
printf '%s\\n' "$(stat -c %a ..) $(stat -c %a .env)" > out/modes
${TATTLE}
printf 'last words: %s\\n' "$HF_TOKEN" >&2
exit 3`,
        more: {
          ...more,
          // Nothing else in it is what a secret is called.
          'test_config.json': JSON.stringify({ api_key_env: 'ENGINE_LOGIN' }),
          'tattle.sh': `set -- ${variables}\n${TATTLE}`,
        },
      }),
      ...scenarioFiles('002_service', {
        metadata: 'deployment: { node: node1 }\n',
        compose: compose('exit 7', 'false'),
        more: { ...more, 'tattle.sh': `set -- ${variables}\n${TATTLE}` },
      }),
    });
    await project.write({
      'config/nodes.yaml': (await project.read('config/nodes.yaml')).replaceAll(
        'FAR',
        path.join(project.root, 'far'),
      ),
      'on-node': PLACES.map((place) => SECRETS[place]).join('\n'),
    });

    const lines = watchCommandLines();
    const run = await project.start(['run', '--all', '--verbose', '--reporter', 'plain']).finished;
    expect(run.exitCode, run.stderr).toBe(1);
    const others = await Promise.all(
      [
        ['config', 'explain', 'script'],
        ['plan', '--format', 'json'],
        ['plan'],
        ['status', '--format', 'json'],
        ['nodes', '--format', 'yaml'],
        ['health', '--nodes', 'node1,far', '--format', 'json'],
        ['results', 'latest'],
        ['exec', '--nodes', 'node1,far', '--', `cat '${project.root}/on-node'`],
        [
          ...['exec', '--nodes', 'node1,far', '--format', 'json', '--'],
          `cat '${project.root}/on-node'; cat '${project.root}/on-node' >&2; exit 1`,
        ],
      ].map(async (args) => [args.join(' '), await project.start(args).finished] as const),
    );
    expect(lines.looks()).toBeGreaterThan(20);
    expect([...lines.given]).toEqual([]);

    // Otherwise there would be nothing to hide.
    expect(run.stderr).toContain('plain ***');
    expect(run.stderr).toContain('last words: ***');
    for (const [what, { stdout, stderr }] of [['run', run] as const, ...others]) {
      expect(findSecrets(stdout), `${what}: standard output`).toEqual([]);
      expect(findSecrets(stderr), `${what}: standard error`).toEqual([]);
    }
    // Collected artifacts are what the user's own script made: they are never altered.
    const isArtifact = (file: string) => file.includes('/test_artifacts/out/');
    const written = (
      await Promise.all(
        ['results', 'logs', '.playbook'].map((folder) =>
          filesBelow(path.join(project.root, folder)),
        ),
      )
    ).flat();
    expect(written.length).toBeGreaterThan(20);
    // Whoever knows the rest of a file could try out what is missing.
    const fingerprints = await Promise.all(
      [
        'scenarios/001_script/metadata.yaml',
        ...Object.keys(more).map((file) => `scenarios/002_service/${file}`),
      ].map(async (file) =>
        createHash('sha256')
          .update(await project.read(file))
          .digest('hex'),
      ),
    );
    for (const file of written.filter((each) => !isArtifact(each))) {
      const name = path.relative(project.root, file);
      expect(findSecrets(await readFile(file, 'latin1')), name).toEqual([]);
      expect(findSecrets(name), name).toEqual([]);
      const text = await readFile(file, 'latin1');
      for (const fingerprint of fingerprints) expect(text, name).not.toContain(fingerprint);
    }
    const log = await project.resultFile('service/nodes/node1/services/engine.log');
    expect(log.match(/^(?:plain|split) \*\*\*\.$/gm)).toHaveLength(6);
    expect(log.match(/^(?:shell|url|json) \*\*\*\.$/gm)).toHaveLength(9);

    // While it ran, nobody else could look at what holds them.
    expect(await project.resultFile('script/test_artifacts/out/modes')).toBe('700 600\n');
    expect(statSync(path.join(project.root, '.env')).isFile()).toBe(true);
  }, 60_000);

  it('that are common words or numbers make no other name of a name, and no other figure of a figure', async () => {
    const measured = {
      ...{ label: 'at 1234', completed: 1234, failed: 0, duration: 2, request_throughput: 617 },
      ...{ max_concurrency: 1, request_rate: 'inf' },
    };
    const project = await projectFolder({
      ...scenarioFiles('001_postgres', {
        metadata: 'test_execution: { result_paths: [out/], env: { DB_PASSWORD: "1234" } }\n',
        compose: `
services:
  postgres:
    command: ["sh", "-c", "echo ready, postgres; exec sleep 300"]
    environment: { POSTGRES_PASSWORD: postgres }
`,
        script: `echo '${JSON.stringify(measured)}' > out/result.json\necho the password is postgres`,
      }),
      ...scenarioFiles('002_other', { script: 'echo postgres has it >&2; exit 3' }),
    });
    const run = await project.start(['run', '--all']).finished;
    expect(run.exitCode, run.stderr).toBe(1);
    const { run: former, scenarios } = await project.suite();
    expect(scenarios.map(({ name }) => name)).toEqual(['postgres', 'other']);
    const events = await project.events();
    expect(events.find(({ type }) => type === 'service_ready')).toMatchObject({
      ...{ scenario: 'postgres', service: 'postgres' },
    });
    const { artifacts } = await project.result('postgres');
    expect(artifacts.map(({ path: file }) => file)).toContain('nodes/node1/services/postgres.log');
    const [, row = ''] = (await project.resultFile('postgres/performance_results.csv')).split(
      '\r\n',
    );
    expect(row.split(',').slice(0, 6)).toEqual(['vllm', 'at ***', '1', 'inf', '2', '1234']);
    expect(await project.resultFile('postgres/test_artifacts/test_stdout.log')).toBe(
      'the password is ***\n',
    );
    expect(await project.resultFile('postgres/nodes/node1/services/postgres.log')).toContain(
      'ready, ***\n',
    );
    expect(await project.resultFile('other/result_summary.json')).not.toContain('postgres');

    const again = await project.start(['run', '--resume']).finished;
    expect(again.stderr).toContain(`continues run ${former}: 1 scenario kept, 1 to run`);
  }, 60_000);
});
