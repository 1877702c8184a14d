import { type Command, Command as Program } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import { exitCodeOf } from '../../run/suite/verdict.js';
import { CliError } from '../error.js';
import { type Globals, globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { note } from '../output.js';

interface Options {
  readonly holder: string;
}

export function unlockCommand(): Command {
  return new Program('unlock')
    .description('take a node away from a run that is dead, for those who cannot wait')
    .argument('<node>', 'a node of the project, or controller')
    .requiredOption('--holder <id>', 'who has it now: playbook status shows the id')
    .addHelpText(
      'after',
      `
A run that is dead loses its nodes by itself, once nothing was heard of it for its lease_timeout: then its
watchdog there removes what it has left, too. This takes the node away at once, and removes nothing: look at
what runs there first. A run that is alive after all ends its scenario when it finds out.

Example:
  $ playbook status --format json | jq '.locks'
  $ playbook unlock node1 --holder 3f2a77c0`,
    )
    .action(async (node: string, { holder }: Options, command: Command) => {
      const { word, holder: found } = await askToBreak(globalsOf(command), node, holder);
      const [{ describeHolder }, { isSilent }] = await Promise.all([
        import('../../run/lease/words.js'),
        import('../../run/lease/gone.js'),
      ]);
      if (word === 'free') {
        note(`${node} is free: nobody has it`);
      } else if (word === 'broken' && found) {
        note(`${node} is free; it was held by ${describeHolder(found)}`);
        note(
          isSilent(found)
            ? 'playbook: what that run has left there stays: playbook status shows it'
            : 'playbook: that run may be alive: its lease had not run out. If it is, it ends its scenario when it finds out',
        );
      } else if (found) {
        throw new CliError(
          `${node} is not held by ${holder}, but by ${describeHolder(found)}`,
          ExitCode.locked,
          `if that is the one you mean: playbook unlock ${node} --holder ${found.id}`,
        );
      } else {
        throw new CliError(`${node} is being taken at this moment`, ExitCode.locked, 'try again');
      }
    });
}

async function askToBreak(globals: Globals, name: string, holder: string) {
  const project = await openNodes(globals);
  const [{ composeAdapters }, { breakLease }] = await Promise.all([
    import('../adapters.js'),
    import('../../run/lease/lease.js'),
  ]);
  const { pool, controller, warnings } = composeAdapters(project);
  if (!globals.isQuiet) warnings.listen((message) => note(`playbook: ${message}`));
  const node = [controller, ...project.nodes].find((each) => each.name === name);
  if (!node) {
    const { suggest } = await import('../../config/value/nearest.js');
    const names = project.nodes.map((each) => each.name);
    const hint = suggest(name, names, 'the project has') || 'playbook nodes lists them';
    throw new CliError(`there is no node ${name}`, ExitCode.usage, hint);
  }
  const asked = await breakLease(pool, node, project.root, holder);
  await pool.closeAll();
  if (asked.ok) return asked.value;
  const { message, kind, hint } = asked.failure;
  throw new CliError(`${name}: ${message}`, exitCodeOf(kind), hint);
}
