import { isAbsolute, resolve } from 'node:path';

import type { ExecutionMode, Filters, InterScenario } from '../../model/project.js';
import type { SourceLocation } from '../../model/source.js';
import type { Section } from '../check/section.js';
import { DEFAULT_SCENARIOS_ROOT } from '../file-names.js';
import type { ScenariosFile } from '../schema/scenarios.js';
import { leavesFolder } from '../source/place.js';
import { parseDuration } from '../value/duration.js';

/** `scenarios.yaml`, resolved. */
export interface Suite {
  /** Absolute. */
  readonly scenariosRoot: string;
  readonly executionMode: ExecutionMode;
  /** For the custom mode; of two entries for one folder, the first. */
  readonly customOrder: readonly CustomEntry[];
  readonly filters: Filters;
  readonly interScenario: InterScenario;
}

/** An entry of `custom_order`. */
export interface CustomEntry {
  readonly directory: string;
  readonly name: string | undefined;
  readonly isEnabled: boolean | undefined;
  readonly description: string | undefined;
  readonly at: SourceLocation;
  readonly path: string;
  readonly section: Section<CustomOrderEntry>;
}

type CustomOrderEntry = NonNullable<
  NonNullable<ScenariosFile['execution']>['custom_order']
>[number];

/** @param section `undefined`: there is no `scenarios.yaml`, and everything is built in. */
export function resolveSuite(root: string, section: Section<ScenariosFile> | undefined): Suite {
  const execution = section?.section('execution');
  const scenariosRoot = execution?.get('scenarios_root') ?? DEFAULT_SCENARIOS_ROOT;
  const executionMode = execution?.get('execution_mode') ?? 'auto';
  const filters = section?.section('filters');
  const between = section?.section('inter_scenario');
  const customOrder = executionMode === 'custom' ? readCustomOrder(section) : [];
  return {
    scenariosRoot: resolve(root, scenariosRoot),
    executionMode,
    customOrder,
    filters: {
      includeTags: filters?.get('include_tags') ?? [],
      excludeTags: filters?.get('exclude_tags') ?? [],
      onlyScenarios: filters?.get('only_scenarios') ?? [],
      skipScenarios: filters?.get('skip_scenarios') ?? [],
    },
    interScenario: {
      waitBetweenScenariosMs: parseDuration(between?.get('wait_between_scenarios') ?? 0) ?? 0,
      continueOnFailure: between?.get('continue_on_failure') ?? true,
    },
  };
}

function readCustomOrder(section: Section<ScenariosFile> | undefined): readonly CustomEntry[] {
  const execution = section?.section('execution');
  if (!execution?.has('custom_order')) {
    (execution ?? section)?.error(
      null,
      '`custom_order` is missing, which execution_mode custom needs',
      'list the scenarios: `custom_order: [{ directory: 001_baseline }]`',
    );
    return [];
  }
  const entries = new Map<string, CustomEntry>();
  for (const item of execution.sections('custom_order')) {
    const directory = item.get('directory')?.replace(/\/+$/, '');
    if (directory === undefined) continue;
    if (directory === '' || isAbsolute(directory) || leavesFolder(directory)) {
      item.error('directory', `is no folder under scenarios_root: '${directory}'`);
      continue;
    }
    const earlier = entries.get(directory);
    if (earlier) {
      item.error('directory', `'${directory}' is listed already, in line ${earlier.at.line}`);
      continue;
    }
    entries.set(directory, {
      directory,
      name: item.get('name'),
      isEnabled: item.get('enabled'),
      description: item.get('description'),
      at: item.at('directory'),
      path: `execution.custom_order[${String(item.path.at(-1))}]`,
      section: item,
    });
  }
  return [...entries.values()];
}
