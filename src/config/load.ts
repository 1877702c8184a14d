import { join, resolve } from 'node:path';

import { explainScenario } from './explain.js';
import { CONFIG_DIRECTORY, DEFAULTS_FILES, NODES_FILES, SCENARIOS_FILES } from './file-names.js';
import type { LoadedProject, ScenarioOutline, ScenarioSwitch } from './loaded.js';
import { discoverHooks } from './hooks/folder.js';
import { resolveSuiteHooks } from './hooks/resolve.js';
import { createProblemLog, type ProblemLog } from './problem-log.js';
import { findFile, readConfig, validateConfig, type ValidatedFile } from './project/config-file.js';
import { readEnvFile } from './project/env-file.js';
import {
  createSettings,
  readLayer,
  reportContradictions,
  reportOverrides,
  type Layer,
} from './project/layers.js';
import { resolveLeaseTimeout } from './project/lease.js';
import { findNode, resolveNodes } from './project/nodes.js';
import { resolveWebhooks } from './project/notifications.js';
import { resolveSuite } from './project/suite.js';
import { createLookup, type Environment } from './project/variables.js';
import type { ProjectContext } from './scenario/context.js';
import { discoverScenarios, NO_SCENARIOS } from './scenario/discover.js';
import { resolveScenario, type ResolvedScenario } from './scenario/resolve.js';
import { checkFilters, checkNames } from './scenario/suite-checks.js';
import type { ValidatedName } from './schema/catalogue.js';
import type { DefaultsFile } from './schema/defaults.js';
import type { NodesFile } from './schema/nodes.js';
import type { ScenariosFile } from './schema/scenarios.js';
import { startOf } from './source/file.js';
import { displayName } from './source/place.js';
import { createMask, createSecretCollector } from './value/secret.js';

export type { ExplainedValue } from './explain.js';
export type { LoadedProject, ScenarioOutline, ScenarioSwitch } from './loaded.js';
export type { ProblemScope, ScopedProblem } from './problem-log.js';
export { problemsFor, problemsForNodes } from './problems-for.js';

export interface LoadOptions {
  /** The project, absolute. */
  readonly root: string;
  /** Default: `config` in the project. */
  readonly configDir?: string;
  /** Where variables come from first. */
  readonly environment: Environment;
}

/**
 * Reads a project directory: all its files, the three layers of settings, the compose files of its scenarios. Reads
 * files only: it opens no connection and runs no program. Whatever is wrong is returned, never thrown.
 */
export async function loadProject(options: LoadOptions): Promise<LoadedProject> {
  const root = resolve(options.root);
  const configDir = resolve(root, options.configDir ?? CONFIG_DIRECTORY);
  const log = createProblemLog();
  const report = log.scoped({ kind: 'project' });
  const secrets = createSecretCollector();
  const { environment } = options;

  const own = createLookup(environment, [], secrets);
  const projectVariables = readEnvFile(root, root, own, 'project', secrets, report);
  const lookup = createLookup(environment, [projectVariables], secrets);
  const files = createOpener(root, configDir, { lookup, log, secrets });

  const nodesFile = await files.open<NodesFile>('nodes', NODES_FILES, true);
  const scenariosFile = await files.open<ScenariosFile>('scenarios', SCENARIOS_FILES, false);
  const defaultsFile = await files.open<DefaultsFile>('defaults', DEFAULTS_FILES, false);

  const nodes = nodesFile.file
    ? resolveNodes(nodesFile.file, { root, environment, log, secrets })
    : null;
  const suite = resolveSuite(root, scenariosFile.file?.section(report));
  const layers = projectLayers(scenariosFile.file, defaultsFile.file, log);
  const hooks = discoverHooks(root, report);
  const suiteHooks = resolveSuiteHooks(createSettings(layers), hooks, {
    root,
    folders: [root],
    findNode: (name, at, path) =>
      nodes === null ? name : findNode(nodes, name, at, path, report)?.name,
    secrets,
    report,
  });
  const webhooks = resolveWebhooks(layers, { secrets, report });
  const leaseTimeoutMs = resolveLeaseTimeout(layers, report);
  // Where scenarios lie, and in which order, is what a broken scenarios.yaml would have said.
  const discovery = scenariosFile.isBroken ? NO_SCENARIOS : discoverScenarios(root, suite, log);

  const context: ProjectContext = {
    root,
    environment,
    projectVariables,
    lookup,
    nodes,
    layers,
    hooks,
    log,
    secrets,
  };
  const scenarios: ResolvedScenario[] = [];
  for (const folder of discovery.folders) scenarios.push(await resolveScenario(folder, context));
  checkNames(scenarios, log);
  checkFilters(scenarios, scenariosFile.file, log);
  for (const { name, directory, isEnabled } of scenarios) {
    if (!isEnabled) log.demote({ kind: 'scenario', name, directory });
  }

  const isUsable = nodes !== null && !scenariosFile.isBroken && !defaultsFile.isBroken;
  const isSound = ({ spec, name, directory }: ResolvedScenario) =>
    isUsable && spec !== null && log.isSound({ kind: 'scenario', name, directory });
  const mask = createMask(secrets.values());
  const problems = log.all().map((problem) => ({
    ...problem,
    message: mask(problem.message),
    hint: mask(problem.hint),
  }));
  const outlines: ScenarioOutline[] = [
    ...scenarios.map((scenario) => ({
      name: scenario.name,
      directory: scenario.directory,
      isEnabled: scenario.isEnabled,
      isBroken: !isSound(scenario),
      nodes: [...scenario.nodes],
      switch: switchOf(scenario, scenariosFile.file),
    })),
    ...discovery.incomplete.map((directory) => ({
      name: directory,
      directory,
      isEnabled: true,
      isBroken: true,
      nodes: [],
      switch: null,
    })),
  ];
  return {
    project: isUsable
      ? {
          root,
          nodes: nodes.nodes,
          scenarios: scenarios.flatMap((scenario) =>
            isSound(scenario) && scenario.spec ? [scenario.spec] : [],
          ),
          executionMode: suite.executionMode,
          filters: suite.filters,
          interScenario: suite.interScenario,
          hooks: suiteHooks,
          webhooks,
          leaseTimeoutMs,
          secrets: secrets.values(),
        }
      : null,
    problems,
    mask,
    broken: outlines
      .filter(({ isBroken }) => isBroken)
      .map(({ name, directory }) => ({ name, directory })),
    unlisted: discovery.unlisted,
    outlines,
    explain(name, key) {
      const scenario =
        scenarios.find((candidate) => candidate.name === name) ??
        scenarios.find((candidate) => candidate.directory === name);
      if (!scenario || !isSound(scenario)) return undefined;
      return explainScenario(scenario, key, mask);
    },
  };
}

interface Opened<T extends object> {
  readonly file: ValidatedFile<T> | undefined;
  /** It is there, and cannot be read. */
  readonly isBroken: boolean;
}

function createOpener(
  root: string,
  configDir: string,
  { lookup, log, secrets }: Pick<ProjectContext, 'lookup' | 'log' | 'secrets'>,
) {
  const report = log.scoped({ kind: 'project' });
  return {
    async open<T extends object>(
      name: Exclude<ValidatedName, 'metadata'>,
      names: readonly [string, ...string[]],
      isRequired: boolean,
    ): Promise<Opened<T>> {
      const found = findFile(root, configDir, names, report);
      if (found.kind === 'missing') {
        if (isRequired) {
          report({
            severity: 'error',
            at: startOf(displayName(root, join(configDir, names[0]))),
            path: '',
            message: 'does not exist',
            hint: 'a project has at least this file; `playbook init` writes one',
          });
        }
        return { file: undefined, isBroken: isRequired };
      }
      const read =
        found.kind === 'found' &&
        (await readConfig(root, found.path, report, secrets, !isRequired));
      if (!read) return { file: undefined, isBroken: true };
      const file = await validateConfig<T>(name, read, lookup, (finding, [section, entry]) => {
        // What is wrong with one node keeps only that one from being used.
        if (name === 'nodes' && section === 'nodes' && entry !== undefined) {
          log.scoped({ kind: 'node', name: String(entry) })(finding);
        } else {
          report(finding);
        }
      });
      return { file, isBroken: false };
    },
  };
}

/** The files of the project that give settings, by priority. */
function projectLayers(
  scenarios: ValidatedFile<ScenariosFile> | undefined,
  defaults: ValidatedFile<DefaultsFile> | undefined,
  log: ProblemLog,
): readonly Layer[] {
  const report = log.scoped({ kind: 'project' });
  const layers: Layer[] = [];
  if (scenarios) {
    layers.push(readLayer('project', scenarios.root, scenarios.invalid, ['execution_config']));
  }
  if (defaults) layers.push(readLayer('project', defaults.root, defaults.invalid, []));
  for (const layer of layers) reportContradictions(layer, report);
  const [first, second] = layers;
  if (first && second) reportOverrides(first, second, report);
  return layers;
}

function switchOf(
  { folder, metadata }: ResolvedScenario,
  scenariosFile: ValidatedFile<ScenariosFile> | undefined,
): ScenarioSwitch | null {
  if (folder.custom && scenariosFile) {
    const customIndex = Number(folder.custom.section.path.at(-1));
    return { file: scenariosFile.file.path, customIndex };
  }
  return metadata ? { file: metadata.map.file.path, customIndex: null } : null;
}
