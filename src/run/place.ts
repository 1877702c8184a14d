import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import path from 'node:path';

import { CONTROLLER, type NodeSpec } from '../model/node.js';

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
  const ofRun = `playbook-${run}-${controllerToken(root)}`;
  const base = posix.resolve(home, node.dockerComposePath ?? defaultBase(node, root));
  const runFolder = posix.join(base, ofRun);
  const results =
    node.resultsPath === null
      ? posix.join(runFolder, `${scenario}.results`)
      : posix.join(posix.resolve(home, node.resultsPath), ofRun, scenario);
  return {
    node,
    runFolder,
    workingFolder: posix.join(runFolder, scenario),
    stateFolder: posix.join(runFolder, `${scenario}.state`),
    resultFolder: results,
  };
}

function defaultBase(node: NodeSpec, root: string): string {
  if (node.name === CONTROLLER) return path.join(root, '.playbook', 'work');
  if (node.transport === 'local') return path.join(root, '.playbook', 'nodes', node.name);
  return '.playbook/work';
}

/** Tells two controllers apart that use one node and started in the same second. */
function controllerToken(root: string): string {
  return createHash('sha256').update(`${hostname()}\0${root}`).digest('hex').slice(0, 6);
}
