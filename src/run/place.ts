import path from 'node:path';

import { CONTROLLER, type NodeSpec } from '../model/node.js';
import { runFolderName } from '../model/run-identity.js';
import { controllerToken } from './controller.js';

/** Where one scenario lives on one machine while it runs. All paths are absolute, on that machine. */
export interface Place {
  readonly node: NodeSpec;
  /** Everything of this run on this machine lies below it. */
  readonly runFolder: string;
  /** The copy of the scenario's folder: `SCENARIO_PATH`. */
  readonly workingFolder: string;
  /** What the deployment backend keeps: logs, process ids. */
  readonly stateFolder: string;
  /** Where a script puts results that declares no directory for them. */
  readonly resultFolder: string;
}

/**
 * @param home The login's home on the node.
 * @param root The project's root here.
 */
export function placeOn(
  node: NodeSpec,
  home: string,
  root: string,
  run: string,
  scenario: string,
): Place {
  const { posix } = path;
  const ofRun = runFolderName({ run, controller: controllerToken(root) });
  const { work, results: ownResults } = basesOn(node, home, root);
  const runFolder = posix.join(work, ofRun);
  const results =
    ownResults === null
      ? posix.join(runFolder, `${scenario}.results`)
      : posix.join(ownResults, ofRun, scenario);
  return {
    node,
    runFolder,
    workingFolder: posix.join(runFolder, scenario),
    stateFolder: posix.join(runFolder, `${scenario}.state`),
    resultFolder: results,
  };
}

/** The folders on a machine below which runs make their own. `results` is `null` where they go below `work`, too. */
export function basesOn(
  node: NodeSpec,
  home: string,
  root: string,
): { readonly work: string; readonly results: string | null } {
  const { posix } = path;
  return {
    work: posix.resolve(home, node.dockerComposePath ?? defaultBase(node, root)),
    results: node.resultsPath === null ? null : posix.resolve(home, node.resultsPath),
  };
}

/** The folders below which the run's own ones lie that a scenario uses: of `basesOn`, as they are on this machine. */
export function basesOf({ runFolder, resultFolder }: Place): readonly string[] {
  const { posix } = path;
  const work = posix.dirname(runFolder);
  const isBelow = resultFolder.startsWith(`${runFolder}/`);
  const results = posix.dirname(posix.dirname(resultFolder));
  return isBelow || results === work ? [work] : [work, results];
}

function defaultBase(node: NodeSpec, root: string): string {
  if (node.name === CONTROLLER) return path.join(root, '.playbook', 'work');
  if (node.transport === 'local') return path.join(root, '.playbook', 'nodes', node.name);
  return '.playbook/work';
}
