import { Listr, type ListrTask } from 'listr2';

import type { ScenarioFinished } from '../../../model/event.js';
import { LiveRenderer, type LiveRendererOptions } from './live-renderer.js';

/** The scenarios of a suite as a listr2 list: a task each, which ends when the scenario does. */
export interface SuiteList {
  /** Ends the task of this scenario. */
  end(event: ScenarioFinished): void;
  /** Ends what has not ended. */
  endAll(): void;
  /** Resolves once every task has ended and the display is taken away. */
  readonly over: Promise<void>;
}

/** @param titleOf The line that stays of a scenario that has ended. */
export function startSuiteList(
  names: readonly string[],
  titleOf: (event: ScenarioFinished) => string,
  rendererOptions: LiveRendererOptions,
): SuiteList {
  const tasks = names.map((name) => ({ name, ending: createEnding() }));
  const list = new Listr<unknown, typeof LiveRenderer>(
    tasks.map(({ name, ending }) => buildTask(name, ending.promise, titleOf)),
    {
      renderer: LiveRenderer,
      rendererOptions,
      exitOnError: false,
      // Signals are the command line's business, and listr2's own handler would end the process.
      registerSignalListeners: false,
    },
  );
  const over = list.run().then(() => undefined, rendererOptions.onDefect);

  return {
    end(event) {
      tasks.find(({ name }) => name === event.scenario)?.ending.resolve(event);
    },
    endAll() {
      for (const { ending } of tasks) ending.resolve(null);
    },
    over,
  };
}

function buildTask(
  name: string,
  ended: Promise<ScenarioFinished | null>,
  titleOf: (event: ScenarioFinished) => string,
): ListrTask<unknown, typeof LiveRenderer> {
  return {
    title: name,
    task: async (_, task) => {
      const event = await ended;
      task.title = event === null ? '' : titleOf(event);
      if (event?.status === 'skipped') task.skip(task.title);
      else if (event?.status !== 'completed') throw new Error(event?.status ?? 'unknown');
    },
  };
}

interface Ending {
  /** `null`: nobody has told how it ended. */
  readonly promise: Promise<ScenarioFinished | null>;
  readonly resolve: (event: ScenarioFinished | null) => void;
}

function createEnding(): Ending {
  let resolve: Ending['resolve'] = () => undefined;
  const promise = new Promise<ScenarioFinished | null>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
