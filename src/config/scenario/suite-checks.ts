import type { ProblemLog } from '../problem-log.js';
import type { ValidatedFile } from '../project/config-file.js';
import type { ScenariosFile } from '../schema/scenarios.js';
import { findNearest } from '../value/nearest.js';
import { locateNode, renderPath } from '../yaml/tree.js';
import type { ResolvedScenario } from './resolve.js';
import { textOf } from './services/placement.js';

/** Reports scenarios with the same name, each with the place of the other. */
export function checkNames(scenarios: readonly ResolvedScenario[], log: ProblemLog): void {
  const byName = new Map<string, ResolvedScenario[]>();
  for (const scenario of scenarios) {
    // A folder whose metadata.yaml says no name goes by its own, which is no claim to it.
    if (!scenario.metadata?.has('name')) continue;
    byName.set(scenario.name, [...(byName.get(scenario.name) ?? []), scenario]);
  }
  for (const [name, same] of byName) {
    for (const { directory, metadata } of same.length > 1 ? same : []) {
      const other = same.find((candidate) => candidate.directory !== directory);
      if (!metadata || !other) continue;
      const { file, line } = other.source;
      log.scoped({ kind: 'scenario', name, directory })({
        severity: 'error',
        at: metadata.at('name'),
        path: 'name',
        message: `the name ${name} is also that of ${file}:${line}`,
        hint: 'names are unique: rename one of them',
      });
    }
  }
}

/** Reports filters that name nothing: a wrong name there quietly runs something else than was meant. */
export function checkFilters(
  scenarios: readonly ResolvedScenario[],
  file: ValidatedFile<ScenariosFile> | undefined,
  log: ProblemLog,
): void {
  const section = file?.section(() => undefined).section('filters');
  if (!section) return;
  const report = log.scoped({ kind: 'project' });
  const names = new Set(scenarios.flatMap(({ name, directory }) => [name, directory]));
  const tags = new Set(scenarios.flatMap(({ metadata }) => tagsOf(metadata)));
  // What a scenario is called, or how it is tagged, is not known while its file cannot be read.
  if (scenarios.some(({ metadata }) => metadata === undefined)) return;
  const filters = [
    ['only_scenarios', names, 'error', 'scenario'],
    ['skip_scenarios', names, 'warning', 'scenario'],
    ['include_tags', tags, 'warning', 'tag'],
    ['exclude_tags', tags, 'warning', 'tag'],
  ] as const;
  for (const [key, known, severity, what] of filters) {
    for (const { node, path } of section.items(key)) {
      const written = textOf(node);
      if (written === undefined || known.has(written)) continue;
      const nearest = findNearest(written, known);
      report({
        severity,
        at: locateNode(node),
        path: renderPath(path),
        message: `there is no ${what} \`${written}\``,
        hint: nearest === undefined ? '' : `did you mean \`${nearest}\`?`,
      });
    }
  }
}

function tagsOf(metadata: ResolvedScenario['metadata']): readonly string[] {
  return (metadata?.items('tags') ?? []).flatMap(({ node }) => textOf(node) ?? []);
}
