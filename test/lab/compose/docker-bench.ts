import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ComposeVersion } from '../../../lab/nodes/layout.js';
import { enterCommand } from '../../../lab/nodes/processes.js';
import type { Deployment, DeploymentBackend } from '../../../src/deploy/backend.js';
import {
  type ComposeBackendOptions,
  createComposeBackend,
} from '../../../src/deploy/compose/backend.js';
import { slug } from '../../../src/deploy/compose/names.js';
import type { Command } from '../../../src/model/command.js';
import type { Outcome } from '../../../src/model/failure.js';
import type { ServiceSpec } from '../../../src/model/service.js';
import type { Connection } from '../../../src/remote/connection.js';
import { openLocal } from '../../../src/remote/local/connection.js';
import { createPool } from '../../../src/remote/pool/pool.js';
import { nodeSpec, serviceSpec } from '../../support/specs.js';
import { labNodes } from '../support/lab.js';

export const IMAGE = 'lab/busybox:1';

/** Where the tests find docker with one kind of compose. */
export interface DockerNode {
  readonly name: string;
  /** The command that runs `argv` there when it is run here. */
  readonly enter: (argv: readonly string[]) => string[];
}

export const NO_DOCKER =
  'no docker to test with: npm run lab:up, or PLAYBOOK_TEST_DOCKER_HOST with PLAYBOOK_TEST_DOCKER_CONFIG for V2';

/** The first node of the lab with this compose, or the daemon that the environment names; `null`: there is none. */
export function dockerNodeWith(compose: ComposeVersion): DockerNode | null {
  const named = process.env['PLAYBOOK_TEST_DOCKER_HOST'];
  const nodes = named === undefined ? nodesOfLab(compose) : [daemonHere(named, compose)];
  return nodes.find(isUp) ?? null;
}

function nodesOfLab(compose: ComposeVersion): DockerNode[] {
  return labNodes()
    .filter((node) => node.compose === compose)
    .map((node) => ({ name: node.name, enter: (argv) => enterCommand(node, argv) }));
}

/** @param host Its socket; it needs the image `lab/busybox:1`. V1 is taken from the path, V2 from the plugins. */
function daemonHere(host: string, compose: ComposeVersion): DockerNode {
  const plugins = process.env['PLAYBOOK_TEST_DOCKER_CONFIG'];
  const config = compose === 'v2' && plugins !== undefined ? plugins : '/nonexistent';
  const env = [`DOCKER_HOST=${host}`, `DOCKER_CONFIG=${config}`];
  return { name: `here-${compose}`, enter: (argv) => ['/usr/bin/env', ...env, ...argv] };
}

function isUp(node: DockerNode): boolean {
  try {
    runIn(node, ['docker', 'info']);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command in a node as its root, and returns what it prints. */
function runIn(node: DockerNode, argv: readonly string[], input = ''): Buffer {
  const [program = '', ...args] = node.enter(argv);
  return execFileSync(program, args, { input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A connection that runs everything inside a node, and can be made to fail. */
async function connectInto(node: DockerNode, home: string): Promise<Outcome<Connection>> {
  const opened = await openLocal(nodeSpec(), { cwd: home });
  if (!opened.ok) return opened;
  const connection = opened.value;
  return {
    ok: true,
    value: {
      ...connection,
      exec: (command, options) => connection.exec(inside(node, command), options),
    },
  };
}

function inside(node: DockerNode, { argv, env = {}, cwd = '/', ...rest }: Command): Command {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const [program = 'false', ...args] = node.enter([
    ...['/usr/bin/env', '-C', cwd, '--', ...assignments],
    ...argv,
  ]);
  return { argv: [program, ...args], ...rest };
}

/** A compose backend on a node of the lab, with folders of its own. */
export interface Bench {
  readonly node: DockerNode;
  readonly backend: DeploymentBackend;
  readonly another: () => DeploymentBackend;
  readonly deployment: Deployment;
  /** Writes a file into the working folder. */
  readonly write: (name: string, text: string) => void;
  readonly read: (name: string) => Buffer;
  readonly run: (...argv: string[]) => string;
  /** Runs docker on the node. */
  readonly docker: (...args: string[]) => string;
  readonly service: (name: string, overrides?: Partial<ServiceSpec>) => ServiceSpec;
  readonly close: () => Promise<void>;
}

let count = 0;

export async function openBench(
  node: DockerNode,
  options: Omit<ComposeBackendOptions, 'pool'> & {
    readonly wrap?: (connection: Connection) => Connection;
  } = {},
): Promise<Bench> {
  count += 1;
  const { wrap = (connection: Connection) => connection, ...backendOptions } = options;
  const home = await mkdtemp(path.join(tmpdir(), 'playbook-test-'));
  const root = `/tmp/playbook-test-${process.pid}-${count}`;
  const spec = nodeSpec({ name: node.name, runtime: 'docker' });
  const connect = () =>
    createPool(async () => {
      const opened = await connectInto(node, home);
      return opened.ok ? { ok: true, value: wrap(opened.value) } : opened;
    });
  const pools = [connect()];
  const [pool] = pools;
  if (!pool) throw new Error('no pool');
  const deployment: Deployment = {
    run: `test-${process.pid}-${count}`,
    controller: 'c0ffee',
    scenario: 'contract',
    node: spec,
    workingFolder: `${root}/work`,
    stateFolder: `${root}/state`,
  };
  runIn(node, ['mkdir', '-p', deployment.workingFolder, deployment.stateFolder]);
  const backend = createComposeBackend({ pool, ...backendOptions });
  return {
    node,
    backend,
    another() {
      const other = connect();
      pools.push(other);
      return createComposeBackend({ pool: other });
    },
    deployment,
    write(name, text) {
      const file = path.posix.join(deployment.workingFolder, name);
      runIn(
        node,
        ['sh', '-c', 'mkdir -p "$1" && cat >"$2"', 'sh', path.posix.dirname(file), file],
        text,
      );
    },
    read: (name) => runIn(node, ['cat', path.posix.join(deployment.workingFolder, name)]),
    run: (...argv) => runIn(node, argv).toString().trim(),
    docker: (...args) =>
      runIn(node, ['docker', ...args])
        .toString()
        .trim(),
    service: (name, overrides) =>
      serviceSpec(name, [], { runtime: 'docker', node: node.name, process: null, ...overrides }),
    async close() {
      await backend.purge(deployment);
      for (const each of pools) await each.closeAll();
      runIn(node, ['rm', '-rf', root]);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A text as it has to stand in a compose file. */
export function escapeCompose(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** A name for a file, or a project, that nobody else uses. */
export function uniqueName(prefix: string): string {
  count += 1;
  return slug(`${prefix}-${process.pid}-${count}`);
}
