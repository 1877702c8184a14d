import { CONTROLLER } from '../../model/node.js';
import type { ScenarioSpec } from '../../model/scenario.js';
import { hostVariables } from '../../model/scenario-variables.js';
import type { SourceLocation } from '../../model/source.js';
import type { Section } from '../check/section.js';
import type { ComposeContext } from '../compose/context.js';
import { ENV_FILE } from '../file-names.js';
import { resolveScenarioHooks } from '../hooks/resolve.js';
import type { Report } from '../problem-log.js';
import { readEnvFile } from '../project/env-file.js';
import {
  createSettings,
  reportContradictions,
  readLayer,
  type Settings,
} from '../project/layers.js';
import { createLookup } from '../project/variables.js';
import type { Lookup } from '../value/template.js';
import type { MetadataFile } from '../schema/metadata.js';
import { startOf } from '../source/file.js';
import { displayName } from '../source/place.js';
import { parseDuration } from '../value/duration.js';
import { parseSize } from '../value/size.js';
import type { ProjectContext, ScenarioContext } from './context.js';
import type { ScenarioFolder } from './discover.js';
import { openMetadata } from './metadata.js';
import { createPlacement } from './services/placement.js';
import { resolveServices } from './services/resolve.js';
import {
  readConcurrentDeployment,
  readHealthCheckSettings,
  readIsolation,
  readRetryStrategy,
} from './settings.js';
import { checkTestConfig } from './test-config.js';
import { resolveTestExecution } from './test-execution.js';

/** A scenario folder, looked at from every side. */
export interface ResolvedScenario {
  readonly name: string;
  readonly directory: string;
  readonly folder: ScenarioFolder;
  readonly isEnabled: boolean;
  /** Nodes that it names, whether they can be used or not. */
  readonly nodes: ReadonlySet<string>;
  readonly metadata: Section<MetadataFile> | undefined;
  readonly settings: Settings;
  readonly source: SourceLocation;
  /** Worth something only if the scenario has no errors. `null`: there is no way to make one. */
  readonly spec: ScenarioSpec | null;
}

/** Reads and resolves one scenario. Everything that is wrong with it is in the log afterwards. */
export async function resolveScenario(
  folder: ScenarioFolder,
  project: ProjectContext,
): Promise<ResolvedScenario> {
  const { name, report, file } = await openMetadata(folder, project);
  const metadata = file?.section(report);
  const own = file && readLayer('scenario', file.root, file.invalid, []);
  if (own) reportContradictions(own, report);
  const settings = createSettings(own ? [own, ...project.layers] : project.layers);
  const context = createScenarioContext(folder, project, report);
  const placement = metadata && createPlacement(project.nodes, metadata, report);
  // A wrong name is wrong, also where every service names a node of its own.
  if (placement?.isStandardNamed) placement.standard();
  const { services, instances } = await resolveServices(context, metadata, placement, settings);
  const testConfig = checkTestConfig(context);

  const source = file
    ? (metadata?.keyAt('name') ?? startOf(file.file.name))
    : startOf(displayName(project.root, folder.path));
  const common = { name, directory: folder.directory, folder, metadata, settings, source };
  const isEnabled = folder.custom?.isEnabled ?? metadata?.get('enabled') ?? true;
  if (!metadata || !placement) {
    return { ...common, isEnabled, nodes: new Set(), spec: null };
  }

  const testExecution = resolveTestExecution({
    ...context,
    settings,
    placement,
    instances,
    source,
  });
  checkCustomName(metadata.get('name'), folder, metadata, report);
  const used = new Set(services.map(({ node }) => node));
  if (testExecution.node !== CONTROLLER) used.add(testExecution.node);
  const spec: ScenarioSpec = {
    name,
    directory: folder.directory,
    path: folder.path,
    description: metadata.get('description') ?? folder.custom?.description ?? '',
    enabled: isEnabled,
    estimatedDurationMs: parseDuration(metadata.get('estimated_duration') ?? NaN) ?? null,
    tags: [...new Set(metadata.get('tags') ?? [])],
    resourceRequirements: readRequirements(metadata, project),
    services,
    nodes: [...used].sort(),
    testExecution,
    concurrentDeployment: readConcurrentDeployment(settings, report),
    retryStrategy: readRetryStrategy(settings, report),
    serviceHealthCheck: readHealthCheckSettings(settings, report),
    isolation: readIsolation(settings, report),
    hooks: resolveScenarioHooks(settings, project.hooks, {
      root: project.root,
      folders: [folder.path, project.root],
      findNode: (node, at, path) => placement.find(node, at, path)?.name,
      secrets: project.secrets,
      report,
    }),
    envFile: folder.content.has(ENV_FILE) ? ENV_FILE : null,
    composeVariables: Object.fromEntries(context.composeVariables),
    testConfig,
    source,
  };
  return { ...common, isEnabled, nodes: placement.named, spec };
}

function createScenarioContext(
  folder: ScenarioFolder,
  project: ProjectContext,
  report: Report,
): ScenarioContext {
  const { root, environment, projectVariables, lookup, secrets } = project;
  const variables = folder.content.has(ENV_FILE)
    ? readEnvFile(root, folder.path, lookup, 'compose', secrets, report)
    : new Map<string, string>();
  // Services of one node have to find those of another.
  const known = { ...environment, ...hostVariables(project.nodes?.enabled ?? []) };
  const composeVariables = new Map<string, string>();
  const compose: ComposeContext = {
    root,
    folder: folder.path,
    lookup: noting(createLookup(known, [variables, projectVariables], secrets), composeVariables),
    report,
    secrets,
    told: new Set(),
    bases: new Map(),
    files: new Map(),
  };
  const profiles = environment['COMPOSE_PROFILES'] ?? variables.get('COMPOSE_PROFILES') ?? '';
  return {
    ...project,
    report,
    compose,
    composeVariables,
    content: folder.content,
    variables,
    profiles: new Set(
      profiles
        .split(',')
        .map((profile) => profile.trim())
        .filter(Boolean),
    ),
  };
}

/** Remembers what was found: on a node compose looks for the same variables again. */
function noting(lookup: Lookup, found: Map<string, string>): Lookup {
  return (name) => {
    const value = lookup(name);
    if (value !== undefined) found.set(name, value);
    return value;
  };
}

function readRequirements(
  metadata: Section<MetadataFile>,
  { nodes }: ProjectContext,
): ScenarioSpec['resourceRequirements'] {
  const section = metadata.section('resource_requirements');
  const minNodes = section?.get('min_nodes') ?? null;
  const memory = section?.get('min_gpu_memory');
  const enabled = nodes?.enabled.length;
  if (minNodes !== null && enabled !== undefined && enabled < minNodes) {
    section?.warn(
      'min_nodes',
      `the scenario needs ${minNodes} nodes, and only ${enabled} ${enabled === 1 ? 'is' : 'are'} enabled`,
    );
  }
  return {
    minGpuMemoryBytes: memory === undefined ? null : (parseSize(memory) ?? null),
    minGpus: section?.get('min_gpus') ?? null,
    gpuModel: section?.get('gpu_model') ?? null,
    minNodes,
  };
}

/** `custom_order` may name the scenario; then both have to agree. */
function checkCustomName(
  name: string | undefined,
  { custom }: ScenarioFolder,
  metadata: Section<MetadataFile>,
  report: Report,
): void {
  if (custom?.name === undefined || name === undefined || custom.name === name) return;
  const at = metadata.at('name');
  const listed = custom.section.at('name');
  const hint = 'use one name in both';
  metadata.error(
    'name',
    `the scenario is called ${name} here, and ${custom.name} in ${listed.file}:${listed.line}`,
    hint,
  );
  const message = `the scenario is called ${custom.name} here, and ${name} in ${at.file}:${at.line}`;
  report({ severity: 'error', at: listed, path: `${custom.path}.name`, message, hint });
}
