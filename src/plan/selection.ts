import type { Project } from '../model/project.js';
import type { ScenarioSpec } from '../model/scenario.js';
import type { SkippedScenario } from '../model/plan.js';

/** What the user asked for on the command line; empty lists ask for everything. */
export interface Selection {
  /** Scenario names or directories. */
  readonly scenarios: readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

export const EVERYTHING: Selection = { scenarios: [], tags: [], skipTags: [] };

export interface SelectedScenarios {
  /** In execution order. */
  readonly selected: readonly ScenarioSpec[];
  readonly skipped: readonly SkippedScenario[];
  /** Names that were asked for and that the project does not have. */
  readonly unknown: readonly string[];
}

/**
 * Applies the four filters of `scenarios.yaml` and the tags of the command line. A scenario that is asked for by name
 * is taken even where it is disabled or where the project's filters would leave it out: whoever names it means it. The
 * order stays that of the project.
 */
export function selectScenarios(project: Project, selection: Selection): SelectedScenarios {
  const asked = new Set(selection.scenarios);
  const selected: ScenarioSpec[] = [];
  const skipped: SkippedScenario[] = [];
  const found = new Set<string>();

  for (const scenario of project.scenarios) {
    const names = [scenario.name, scenario.directory].filter((name) => asked.has(name));
    names.forEach((name) => found.add(name));
    const isNamed = names.length > 0;
    if (asked.size > 0 && !isNamed) continue;

    const reason =
      (isNamed ? null : reasonOfProject(scenario, project)) ?? reasonOfTags(scenario, selection);
    if (reason === null) selected.push(scenario);
    else skipped.push({ name: scenario.name, directory: scenario.directory, reason });
  }
  return { selected, skipped, unknown: selection.scenarios.filter((name) => !found.has(name)) };
}

function reasonOfProject(scenario: ScenarioSpec, { filters }: Project): string | null {
  const isIn = (list: readonly string[]) =>
    list.includes(scenario.name) || list.includes(scenario.directory);
  if (!scenario.enabled) return 'disabled';
  if (filters.onlyScenarios.length > 0 && !isIn(filters.onlyScenarios)) {
    return 'not in filters.only_scenarios';
  }
  if (isIn(filters.skipScenarios)) return 'in filters.skip_scenarios';
  return (
    withoutAny(scenario, filters.includeTags, 'filters.include_tags') ??
    withOne(scenario, filters.excludeTags, 'filters.exclude_tags')
  );
}

function reasonOfTags(scenario: ScenarioSpec, selection: Selection): string | null {
  return (
    withoutAny(scenario, selection.tags, '--tags') ??
    withOne(scenario, selection.skipTags, '--skip-tags')
  );
}

function withoutAny(scenario: ScenarioSpec, tags: readonly string[], where: string): string | null {
  if (tags.length === 0 || tags.some((tag) => scenario.tags.includes(tag))) return null;
  return `has none of the tags of ${where} (${tags.join(', ')})`;
}

function withOne(scenario: ScenarioSpec, tags: readonly string[], where: string): string | null {
  const tag = tags.find((candidate) => scenario.tags.includes(candidate));
  return tag === undefined ? null : `has the tag ${tag} of ${where}`;
}
