import { Command } from 'commander';

import { addGlobals } from './globals.js';
import { packageVersion } from './version.js';
import { benchCommand } from './commands/bench.js';
import { cleanupCommand } from './commands/cleanup.js';
import { completionCommand } from './commands/completion.js';
import { configCommand } from './commands/config.js';
import { execCommand } from './commands/exec.js';
import { healthCommand } from './commands/health.js';
import { initCommand } from './commands/init.js';
import { nodesCommand } from './commands/nodes.js';
import { planCommand } from './commands/plan.js';
import { resultsCommand } from './commands/results.js';
import { runCommand } from './commands/run.js';
import { scenarioCommand } from './commands/scenario.js';
import { scenariosCommand } from './commands/scenarios.js';
import { simulateEngineCommand } from './commands/simulate-engine.js';
import { statusCommand } from './commands/status.js';
import { unlockCommand } from './commands/unlock.js';
import { validateCommand } from './commands/validate.js';

const EXAMPLES = `
Examples:
  $ playbook init my-bench        a new project with a first scenario
  $ playbook validate             is everything in order? (offline)
  $ playbook plan                 what would a run do? (offline)
  $ playbook run --all            run every enabled scenario
  $ playbook results latest       what came of it

Exit codes: 0 all succeeded · 1 a scenario failed · 2 usage or configuration · 3 a node or its
infrastructure · 4 something was left on a node · 5 locked by another run · 70 a bug ·
130/143 interrupted`;

/** The whole command line. Command modules load what they need only when they run: starting must be quick. */
export function buildProgram(): Command {
  const program = addGlobals(
    new Command('playbook')
      .description('Declarative benchmark runner for distributed LLM inference engines')
      .version(packageVersion(), '--version', 'print the version')
      .helpOption('-h, --help', 'print help')
      .helpCommand('help [command]', 'print help for a command')
      .addHelpText('after', EXAMPLES)
      .showSuggestionAfterError()
      .showHelpAfterError('(playbook --help shows what there is)'),
  );
  const commands = [
    initCommand(),
    validateCommand(),
    planCommand(),
    runCommand(),
    statusCommand(),
    nodesCommand(),
    healthCommand(),
    execCommand(),
    scenariosCommand(),
    scenarioCommand(),
    resultsCommand(),
    cleanupCommand(),
    unlockCommand(),
    configCommand(),
    benchCommand(),
    simulateEngineCommand(),
    completionCommand(),
  ];
  for (const command of commands) program.addCommand(throwing(command));
  return throwing(program);
}

/** commander would end the process by itself; here `main` decides. Subcommands do not inherit that. */
function throwing(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(throwing);
  return command;
}
