import { CONTROLLER, type NodeSpec } from '../model/node.js';
import { runMarks } from '../model/run-identity.js';
import type { ScenarioSpec } from '../model/scenario.js';
import { hostVariables } from '../model/scenario-variables.js';

export interface ScriptPlace {
  readonly run: string;
  /** The token of whoever runs it; see `RunIdentity`. */
  readonly controller: string;
  /** 1-based. */
  readonly attempt: number;
  /** The working folder, absolute, on the machine where the script runs; `null` where there is none (yet). */
  readonly workingFolder: string | null;
  /** The directories the script may put results into, absolute, on that machine; `null` where there are none (yet). */
  readonly resultDirectories: readonly string[] | null;
}

/**
 * The variables a test script is given: the `SCENARIO_*` ones, the marks by which it is found again, and
 * `test_execution.env`, which cannot replace them. The same on every machine, whatever its shell.
 */
export function scriptEnvironment(
  scenario: ScenarioSpec,
  nodes: readonly NodeSpec[],
  place: ScriptPlace,
): Readonly<Record<string, string>> {
  const { workingFolder, resultDirectories } = place;
  const inFolder = (name: string, file: string | null) =>
    workingFolder === null || file === null ? {} : { [name]: `${workingFolder}/${file}` };
  const named = nodes.filter(({ name }) => name !== CONTROLLER);
  return {
    ...scenario.testExecution.env,
    ...runMarks(place),
    SCENARIO_NAME: scenario.name,
    ...(workingFolder === null ? {} : { SCENARIO_PATH: workingFolder }),
    ...(resultDirectories === null ? {} : { SCENARIO_RESULT_PATH: resultDirectories.join(':') }),
    SCENARIO_RUN_ID: place.run,
    SCENARIO_ATTEMPT: String(place.attempt),
    SCENARIO_NODES: named.map(({ name }) => name).join(','),
    ...hostVariables(named),
    ...inFolder('SCENARIO_CONFIG', scenario.testConfig),
    ...inFolder('SCENARIO_ENV_FILE', scenario.envFile),
  };
}
