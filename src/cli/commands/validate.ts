import { Command, Option } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import type { Project } from '../../model/project.js';
import { globalsOf } from '../globals.js';
import { readProject, refuseUnknown } from '../open-project.js';
import { formatOption, print } from '../output.js';
import { sourceLines } from '../source-lines.js';
import { textOptions } from '../text-style.js';

interface Options {
  readonly format: 'table' | 'json';
  readonly strict?: boolean;
}

export function validateCommand(): Command {
  return new Command('validate')
    .description('report every problem of every file at once; opens no connection')
    .argument('[scenario...]', 'only these scenarios and the nodes they use')
    .addOption(formatOption(['table', 'json']))
    .addOption(new Option('--strict', 'warnings count as errors'))
    .addHelpText(
      'after',
      `
Examples:
  $ playbook validate
  $ playbook validate 001_baseline --strict
  $ playbook validate --format json | jq '.problems[] | .file + ":" + (.line|tostring)'`,
    )
    .action(async (scenarios: string[], options: Options, command: Command) => {
      const globals = globalsOf(command);
      const loaded = await readProject(globals);
      const { problemsFor } = await import('../../config/load.js');
      const known = [...(loaded.project?.scenarios ?? []), ...loaded.broken].flatMap(
        ({ name, directory }) => [name, directory],
      );
      await refuseUnknown(
        scenarios.filter((name) => !known.includes(name)),
        known,
      );

      const problems = problemsFor(loaded, scenarios.length > 0 ? scenarios : undefined);
      const isBad = ({ severity }: { severity: string }) =>
        severity === 'error' || options.strict === true;
      // What is in order needs no renderer: a hook that runs at every commit must be quick.
      if (problems.length === 0 && options.format === 'table') {
        if (!globals.isQuiet) print(`everything is in order: ${describe(loaded.project)}`);
        return;
      }
      const { renderProblems, problemsJson } = await import('../../report/problems.js');
      if (options.format === 'json') print(JSON.stringify(problemsJson(problems), null, 2));
      else {
        const text = await textOptions(globals, process.stdout);
        print(
          renderProblems(problems, { ...text, sourceLine: sourceLines(globals.root, loaded.mask) }),
        );
      }
      process.exitCode = problems.some(isBad) ? ExitCode.usage : ExitCode.ok;
    });
}

function describe(project: Project | null): string {
  const { nodes = [], scenarios = [] } = project ?? {};
  const count = (amount: number, noun: string) => `${amount} ${noun}${amount === 1 ? '' : 's'}`;
  return `${count(scenarios.length, 'scenario')}, ${count(nodes.length, 'node')}`;
}
