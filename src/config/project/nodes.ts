import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { CONTROLLER, type NodeSpec } from '../../model/node.js';
import type { SourceLocation } from '../../model/source.js';
import type { Section } from '../check/section.js';
import type { ProblemLog, Report } from '../problem-log.js';
import { NAME_PATTERN, NAME_WORDS } from '../schema/define.js';
import type { NodeEntry, NodesFile } from '../schema/nodes.js';
import { parseDuration } from '../value/duration.js';
import { findNearest, suggest } from '../value/nearest.js';
import type { SecretCollector } from '../value/secret.js';
import { locateKey, type YamlEntry } from '../yaml/tree.js';
import type { ValidatedFile } from './config-file.js';
import type { Environment } from './variables.js';

/** What a scenario can ask about nodes. */
export interface NodeRegistry {
  /** In the order of the file; with those that have problems, as far as they could be read. */
  readonly nodes: readonly NodeSpec[];
  readonly byName: ReadonlyMap<string, NodeSpec>;
  readonly enabled: readonly NodeSpec[];
}

export interface NodesContext {
  readonly root: string;
  readonly environment: Environment;
  readonly log: ProblemLog;
  readonly secrets: SecretCollector;
}

/** Words that stand for something else wherever a node may be named. */
const RESERVED: readonly string[] = ['local', 'remote', 'auto', CONTROLLER];
const NAME = new RegExp(NAME_PATTERN);
const HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]+)?)$/;
const JUMP =
  /^(?:ssh:\/\/)?(?:[^@\s]+@)?(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const LOOPBACK = '127.0.0.1';

const ignore: Report = () => undefined;

/** Resolves `nodes.yaml`. A node's problems concern that node only. */
export function resolveNodes(file: ValidatedFile<NodesFile>, context: NodesContext): NodeRegistry {
  const { log } = context;
  const whole = file.section(log.scoped({ kind: 'project' }));
  const entries = whole.section('nodes')?.map.entries;
  if (entries?.size === 0) {
    whole.error('nodes', 'there are no nodes', 'name one: `nodes: { here: { transport: local } }`');
  }

  const nodes: NodeSpec[] = [];
  for (const entry of entries?.values() ?? []) {
    const scope = { kind: 'node', name: entry.key } as const;
    const report = log.scoped(scope);
    checkName(entry, report);
    const section = nodeSection(file, entry.key, report);
    if (!section) continue;
    const isEnabled = section.get('enabled') ?? true;
    // A node that is switched off may be as incomplete as it likes.
    const read = isEnabled ? section : nodeSection(file, entry.key, ignore);
    if (read) nodes.push(resolveNode(entry, read, isEnabled, context));
    if (!isEnabled) log.demote(scope);
  }
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const node of nodes) {
    if (node.enabled) {
      checkJump(
        node,
        byName,
        nodeSection(file, node.name, log.scoped({ kind: 'node', name: node.name })),
      );
    }
  }
  return { nodes, byName, enabled: nodes.filter((node) => node.enabled) };
}

/** The node of that name, if it may be used; otherwise a problem at the place where it is named. */
export function findNode(
  registry: NodeRegistry,
  name: string,
  at: SourceLocation,
  path: string,
  report: Report,
): NodeSpec | undefined {
  const node = registry.byName.get(name);
  if (node?.enabled) return node;
  if (node) {
    const message = `the node ${name} is disabled`;
    const hint = `switch it on in ${node.source.file}:${node.source.line}, or name another one`;
    report({ severity: 'error', at, path, message, hint });
  } else {
    const hint = suggest(name, registry.byName.keys(), 'nodes');
    report({ severity: 'error', at, path, message: `there is no node \`${name}\``, hint });
  }
  return undefined;
}

function nodeSection(
  file: ValidatedFile<NodesFile>,
  name: string,
  report: Report,
): Section<NodeEntry> | undefined {
  return file.section(report).section('nodes')?.section(name);
}

function checkName(entry: YamlEntry, report: Report): void {
  const { key } = entry;
  const at = locateKey(entry);
  const path = `nodes.${key}`;
  if (RESERVED.includes(key)) {
    const message = `a node cannot be called \`${key}\`: the word stands for something else in \`test_execution.node\``;
    report({ severity: 'error', at, path, message, hint: 'give it another name' });
  } else if (!NAME.test(key)) {
    const message = `\`${key}\` is no name for a node`;
    report({ severity: 'error', at, path, message, hint: `use ${NAME_WORDS}` });
  }
}

function resolveNode(
  entry: YamlEntry,
  section: Section<NodeEntry>,
  isEnabled: boolean,
  { root, environment, secrets }: NodesContext,
): NodeSpec {
  const transport = section.get('transport') ?? 'ssh';
  const home = environment['HOME'] ?? homedir();
  const fromHere = (path: string | undefined): string | null =>
    path === undefined ? null : resolve(root, expandHome(path, home));
  const onNode = (path: string | undefined): string | null => {
    if (path === undefined) return null;
    // On another machine `~` is a home that nobody here knows, and so is where relative paths start.
    return transport === 'local' ? fromHere(path) : path.replace(/^~(?:\/|$)/, '') || '.';
  };

  const password = section.get('password') ?? null;
  const passphrase = section.get('passphrase') ?? null;
  secrets.add(password);
  secrets.add(passphrase);
  const hostKey = section.get('host_key') ?? null;
  if (hostKey === 'off' && transport === 'ssh') {
    section.warn('host_key', 'the host key is not checked: whoever answers gets the credentials');
  }
  const privateKeyPath = fromHere(section.get('private_key_path'));
  if (privateKeyPath !== null && !existsSync(privateKeyPath)) {
    section.warn('private_key_path', `the file ${privateKeyPath} does not exist`);
  }
  return {
    name: entry.key,
    transport,
    host: readHost(section, transport),
    port: section.get('port') ?? null,
    username: section.get('username') ?? null,
    authentication: { password, privateKeyPath, passphrase, agent: section.get('agent') ?? false },
    proxyJump: section.get('proxy_jump') ?? null,
    useSshConfig: section.get('use_ssh_config') ?? false,
    hostKey,
    knownHosts: fromHere(section.get('known_hosts')),
    keepaliveIntervalMs: parseDuration(section.get('keepalive_interval') ?? NaN) ?? null,
    enabled: isEnabled,
    runtime: section.get('runtime') ?? 'docker',
    dockerComposePath: onNode(section.get('docker_compose_path')),
    resultsPath: onNode(section.get('results_path')),
    lockPath: onNode(section.get('lock_path')),
    labels: readLabels(section),
    source: locateKey(entry),
  };
}

function expandHome(path: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}

function readHost(section: Section<NodeEntry>, transport: NodeSpec['transport']): string {
  const host = section.get('host');
  if (host === undefined) {
    if (transport === 'ssh' && !section.has('host')) {
      section.error(null, '`host` is missing', 'name the machine, or write `transport: local`');
    }
    return LOOPBACK;
  }
  // Also what keeps a host from being taken for an option of ssh, or for part of a command or URL.
  if (!HOST.test(host)) section.error('host', `is no host name and no address: '${host}'`);
  return host;
}

function readLabels(section: Section<NodeEntry>): Readonly<Record<string, string>> {
  const labels = section.get('labels') ?? {};
  const map = section.section('labels')?.map;
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => {
      const node = map?.entries.get(key)?.value;
      // `3.10` is the text that was written, not the number that it makes.
      return [key, node?.kind === 'scalar' ? node.source : String(value)];
    }),
  );
}

/** A jump goes over another node, or over a host that is no node; never in a circle. */
function checkJump(
  node: NodeSpec,
  byName: ReadonlyMap<string, NodeSpec>,
  section: Section<NodeEntry> | undefined,
): void {
  if (node.proxyJump === null) return;
  const route = [node.name];
  for (let next: NodeSpec | undefined = node; next?.proxyJump != null;) {
    const jump: string = next.proxyJump;
    const isCircle = route.includes(jump);
    route.push(jump);
    if (isCircle) {
      section?.error('proxy_jump', `goes round in a circle: ${route.join(' → ')}`);
      return;
    }
    next = byName.get(jump);
  }
  if (node.proxyJump === 'none') return;
  for (const hop of node.proxyJump.split(',').map((part) => part.trim())) {
    const over = byName.get(hop);
    if (over && !over.enabled) {
      section?.error('proxy_jump', `the node ${over.name} is disabled`);
    } else if (!over && !JUMP.test(hop)) {
      const nearest = findNearest(hop, byName.keys());
      section?.error(
        'proxy_jump',
        `is neither a node nor [user@]host[:port]: '${hop}'`,
        nearest === undefined ? '' : `did you mean \`${nearest}\`?`,
      );
    }
  }
}
