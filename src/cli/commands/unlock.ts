import { type Command, Command as Program } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import type { Unlocked } from '../../run/lease/unlock.js';
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
    .description(
      'take a node, and what is there of it, away from a run that is dead, for those who cannot wait',
    )
    .argument('<node>', 'a node of the project, or controller')
    .requiredOption('--holder <id>', 'who has it now: playbook status shows the id')
    .addHelpText(
      'after',
      `
A run that is dead loses its nodes by itself, once nothing was heard of it for its lease_timeout: then what it
has left there is removed, too. This does the same at once. It looks at nothing first: if that run is alive, it
loses what it has on the node, and ends its scenario.

Exit codes: 0 the node is free · 4 something could not be removed · 5 somebody else has it

Example:
  $ playbook status --format json | jq '.locks'
  $ playbook unlock node1 --holder 3f2a77c0`,
    )
    .action(async (node: string, { holder }: Options, command: Command) => {
      const unlocked = await takeNode(globalsOf(command), node, holder);
      await tellOf(node, holder, unlocked);
    });
}

async function tellOf(node: string, asked: string, unlocked: Unlocked): Promise<void> {
  const { result, holder, mayLive, removed, left, trouble } = unlocked;
  if (result === 'free') {
    note(`${node} is free: nobody has it`);
    return;
  }
  if (holder === null) {
    throw new CliError(`${node} is being taken at this moment`, ExitCode.locked, 'try again');
  }
  const { describeHolder, listThings } = await import('../../run/lease/words.js');
  if (result === 'refused') {
    throw new CliError(
      `${node} is not held by ${asked}, but by ${describeHolder(holder)}`,
      ExitCode.locked,
      `if that is the one you mean: playbook unlock ${node} --holder ${holder.id}`,
    );
  }
  if (mayLive) {
    note('playbook: that run may be alive: if it is, it ends its scenario when it finds out');
  }
  if (result === 'sweeping') {
    note(
      `${node} is taken from ${describeHolder(holder)}; its watchdog is still removing what that run has left there`,
    );
    return;
  }
  if (removed.length > 0) note(`playbook: removed there: ${listThings(removed)}`);
  if (left.length + trouble.length > 0) {
    const rest = [...(left.length > 0 ? [listThings(left)] : []), ...trouble].join('; ');
    throw new CliError(
      `${node} is taken from ${describeHolder(holder)}, but not all that it has left there could be removed: ${rest}`,
      ExitCode.leftBehind,
      'the next run there tries again',
    );
  }
  note(`${node} is free; it was held by ${describeHolder(holder)}`);
}

async function takeNode(globals: Globals, name: string, holder: string): Promise<Unlocked> {
  const project = await openNodes(globals);
  const [{ composeAdapters }, { unlockNode }, { keptOn, readJournal }, { controllerToken }] =
    await Promise.all([
      import('../adapters.js'),
      import('../../run/lease/unlock.js'),
      import('../../run/journal/read-journal.js'),
      import('../../run/controller.js'),
    ]);
  const { root } = project;
  const { pool, clock, controller, warnings } = composeAdapters(project);
  if (!globals.isQuiet) warnings.listen((message) => note(`playbook: ${message}`));
  const node = [controller, ...project.nodes].find((each) => each.name === name);
  if (!node) {
    const { suggest } = await import('../../config/value/nearest.js');
    const names = project.nodes.map((each) => each.name);
    const hint = suggest(name, names, 'the project has') || 'playbook nodes lists them';
    throw new CliError(`there is no node ${name}`, ExitCode.usage, hint);
  }
  const read = await readJournal({ root, controller: controllerToken(root), machines: [] });
  if (!read.ok) throw new CliError(read.failure.message, exitCodeOf(read.failure.kind));
  const kept = keptOn(read.value.runs, name);
  const asked = await unlockNode({ pool, clock, node, root, holder, kept });
  await pool.closeAll();
  if (asked.ok) return asked.value;
  const { message, kind, hint } = asked.failure;
  throw new CliError(`${name}: ${message}`, exitCodeOf(kind), hint);
}
