import { CONTROLLER, type NodeSpec } from '../model/node.js';
import type { ScenarioSpec } from '../model/scenario.js';
import { hostVariables } from '../model/scenario-variables.js';

export interface ScriptPlace {
  readonly run: string;
  /** 1-based. */
  readonly attempt: number;
  /** The working folder, absolute, on the machine where the script runs. */
  readonly workingFolder: string;
  /** The directories the script may put results into, absolute, on that machine. */
  readonly resultDirectories: readonly string[];
}

/**
 * The variables a test script is given: the `SCENARIO_*` ones, and `test_execution.env`, which cannot replace them. The
 * same on every machine, whatever its shell.
 */
export function scriptEnvironment(
  scenario: ScenarioSpec,
  nodes: readonly NodeSpec[],
  place: ScriptPlace,
): Readonly<Record<string, string>> {
  const inFolder = (file: string) => `${place.workingFolder}/${file}`;
  const named = nodes.filter(({ name }) => name !== CONTROLLER);
  return {
    ...scenario.testExecution.env,
    SCENARIO_NAME: scenario.name,
    SCENARIO_PATH: place.workingFolder,
    SCENARIO_RESULT_PATH: place.resultDirectories.join(':'),
    SCENARIO_RUN_ID: place.run,
    SCENARIO_ATTEMPT: String(place.attempt),
    SCENARIO_NODES: named.map(({ name }) => name).join(','),
    ...hostVariables(named),
    ...(scenario.testConfig === null ? {} : { SCENARIO_CONFIG: inFolder(scenario.testConfig) }),
    ...(scenario.envFile === null ? {} : { SCENARIO_ENV_FILE: inFolder(scenario.envFile) }),
  };
}
