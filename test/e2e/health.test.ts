import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { projectFolder, scenarioFiles } from '../support/project-folder.js';
import { SSHD_MISSING } from '../support/sshd/requirements.js';
import { type Sshd, startSshd } from '../support/sshd/start.js';
import { makeStandInDocker } from '../support/stand-in-docker.js';
import { makeTempFolder } from '../support/temp-folder.js';

const NODES = `nodes:
  node1: { transport: local, runtime: process, labels: { gpu: h20 } }
  gone: { host: 127.0.0.1, port: 1 }
  off: { host: 10.0.0.9, enabled: false }
`;

interface Row {
  readonly name: string;
  readonly reachable: boolean | null;
  readonly problems: readonly string[];
  readonly failures: readonly { readonly kind: string; readonly hint: string | null }[];
  readonly strategy: string | null;
  readonly facts: { readonly cores: number; readonly docker: string | null } | null;
}

const rowsOf = (stdout: string) => JSON.parse(stdout) as Row[];

describe('playbook health', () => {
  it('tells what every node is and what is wrong with it, and exits with 3', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook('health', '--format', 'json');
    expect(ran.exitCode).toBe(3);
    expect(rowsOf(ran.stdout)).toMatchObject([
      { name: 'node1', reachable: true, problems: [], strategy: 'standard', warnings: [] },
      {
        name: 'gone',
        reachable: false,
        problems: ['127.0.0.1:1 refused the connection'],
        failures: [{ kind: 'unreachable' }],
        facts: null,
      },
      { name: 'off', enabled: false, reachable: null, strategy: null },
    ]);
    expect(rowsOf(ran.stdout)[0]?.facts?.cores).toBeGreaterThan(0);
  });

  it('shows a table, and below it what to do', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const { stdout, stderr } = await playbook('health');
    expect(stdout).toMatch(/^NODE +HOST +STATE +RUNTIME +.*DISK FREE/);
    expect(stdout).toMatch(/node1 +127\.0\.0\.1 +ok +process/);
    expect(stdout).toMatch(/gone\n {2}✖ 127\.0\.0\.1:1 refused the connection\n {4}→ /);
    expect(stderr).toBe('1 of 2 nodes cannot be used: gone\n');
  });

  it('looks at the nodes that are asked for, as thoroughly as is asked for', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const one = await playbook(
      ...['health', '--nodes', 'gpu=h20', '--strategy', 'quick', '--format', 'json'],
    );
    expect(one.exitCode).toBe(0);
    expect(rowsOf(one.stdout)).toMatchObject([
      { name: 'node1', strategy: 'quick', facts: { gpus: null, disks: [] } },
    ]);
    const none = await playbook('health', '--nodes', 'node2');
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('did you mean `node1`?');
  });

  it('looks as thoroughly as the scenarios on a node ask for', async () => {
    const { playbook } = await projectFolder(
      scenarioFiles('001_one', {
        metadata: 'service_health_check: { strategy: thorough }\ntest_execution: { node: node1 }',
      }),
    );
    const ran = await playbook('health', '--format', 'json');
    expect(rowsOf(ran.stdout)).toMatchObject([{ strategy: 'thorough', problems: [] }]);
  });

  it('holds the nodes against what enabled scenarios require', async () => {
    const { playbook } = await projectFolder(
      scenarioFiles('001_big', {
        metadata: 'resource_requirements: { min_gpu_memory: 24GB, gpu_model: H20 }',
        compose: 'services: { engine: { command: sleep 1 } }',
      }),
    );
    const ran = await playbook('health', '--format', 'json');
    expect(ran.exitCode).toBe(3);
    const [node1] = rowsOf(ran.stdout);
    expect(node1).toMatchObject({ reachable: true, failures: [{ kind: 'resources_missing' }] });
    expect(node1?.problems[0]).toMatch(/^big needs a H20 GPU with 24 GB, and it has /);
  });

  it('tells a Docker that is stopped from one that is not installed', async () => {
    const docker = await makeStandInDocker(await makeTempFolder());
    const project = await projectFolder({
      'config/nodes.yaml': 'nodes: { dock: { transport: local } }\n',
    });
    const health = async () => {
      const started = project.start(['health', '--format', 'json'], { PATH: docker.path });
      return rowsOf((await started.finished).stdout)[0];
    };
    expect(await health()).toMatchObject({ problems: [], facts: { docker: '27.3.1' } });
    await docker.stop();
    expect((await health())?.problems).toEqual([
      expect.stringContaining('the docker daemon does not answer: Cannot connect') as string,
    ]);
  });

  it('keeps secrets out of what it shows', async () => {
    const { playbook } = await projectFolder({
      'config/nodes.yaml':
        'nodes: { n: { host: 127.0.0.1, port: 1, username: u, password: refused } }\n',
    });
    const { stdout } = await playbook('health', '--format', 'json');
    expect(stdout).not.toContain('refused');
  });
});

describe.skipIf(SSHD_MISSING !== null)('playbook health over SSH', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  it('tells a good login, a wrong key and a wrong host key apart', async () => {
    const folder = await makeTempFolder();
    const wrongHosts = path.join(folder, 'known_hosts');
    const [place = '', type = ''] = sshd.hostKeyLine.split(' ');
    await writeFile(
      wrongHosts,
      `${place} ${type} AAAAC3NzaC1lZDI1NTE5AAAAIJmH0000000000000000000000000000000000000000000\n`,
    );
    const node = (settings: string) =>
      `{ host: 127.0.0.1, port: ${sshd.port}, username: root, runtime: process, docker_compose_path: ${folder}/work, ${settings} }`;
    const { playbook } = await projectFolder({
      'config/nodes.yaml': `nodes:
  good: ${node(`private_key_path: ${sshd.keyFile}, known_hosts: ${sshd.knownHostsFile}`)}
  key: ${node(`private_key_path: ${sshd.folder}/host_ed25519, known_hosts: ${sshd.knownHostsFile}`)}
  host: ${node(`private_key_path: ${sshd.keyFile}, known_hosts: ${wrongHosts}`)}
`,
    });
    const ran = await playbook('health', '--format', 'json');
    expect(ran.exitCode).toBe(3);
    const [good, key, host] = rowsOf(ran.stdout);
    expect(good).toMatchObject({ reachable: true, problems: [], facts: { user: 'root' } });
    expect(key).toMatchObject({ reachable: false, failures: [{ kind: 'authentication' }] });
    expect(host).toMatchObject({ reachable: false, failures: [{ kind: 'host_key' }] });
    const table = await playbook('health');
    expect(table.stdout).toMatch(/key +127\.0\.0\.1 +login refused/);
    expect(table.stdout).toMatch(/host +127\.0\.0\.1 +host key/);
  });
});
