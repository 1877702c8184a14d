import type { XStatic } from 'typebox/schema';

import { duration, text, textMap } from './define.js';

const hook = {
  type: 'object',
  additionalProperties: false,
  required: ['run'],
  properties: {
    run: text(
      "A script with its arguments, relative to the project (in a metadata.yaml: to the scenario's folder, or to the project); or a line for /bin/sh.",
    ),
    node: {
      type: 'string',
      default: 'controller',
      description:
        'Where it runs. controller: here. all: on every node of the scenario, for the points of the suite of the run. Or the name of a node.',
    },
    timeout: duration('Limit for the hook; then its whole process tree is ended.', 60),
    on_error: {
      type: 'string',
      enum: ['fail', 'warn'],
      description:
        'What a hook that fails does. fail: the scenario fails, or the run. warn: the user is told. Where it is not given: fail for before_suite, before_scenario and after_ready, warn for the others.',
    },
    env: textMap('Added to the environment of the hook.'),
  },
} as const;

const point = (description: string) =>
  ({
    description: `${description} A script or line, such an entry with more to say, or a list of them.`,
    anyOf: [
      { type: 'string' },
      hook,
      { type: 'array', items: { anyOf: [{ type: 'string' }, hook] } },
    ],
  }) as const;

export const hooks = {
  type: 'object',
  title: 'Hooks',
  description:
    'Programs that are called at points of a run, after those that lie in the folder hooks/ under the name of their point.',
  additionalProperties: false,
  properties: {
    before_suite: point('Before nodes are checked. Where it fails, nothing is run.'),
    before_scenario: point('Before anything of a scenario is put on its nodes.'),
    after_ready: point('Once all services are ready, before the test script.'),
    after_benchmark: point('After the test script, before results are collected.'),
    on_failure: point(
      'As soon as a scenario has failed, while its services are still up; also after a run that failed before any scenario.',
    ),
    after_scenario: point('Once the nodes are clean and the results are written.'),
    after_suite: point('At the end of the run, whatever came of it.'),
  },
} as const;

export type HookEntry = XStatic<typeof hook>;
