import { labObstacle } from './machine/requirements.js';

/** Says on standard error what the lab is doing. */
export function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}

/** Runs one of the lab's commands and sets the exit code: 0, 1 where it failed, 2 where there can be no lab here. */
export async function runEntry(command: () => Promise<void>): Promise<void> {
  const obstacle = labObstacle();
  if (obstacle !== null) {
    say(obstacle);
    process.exitCode = 2;
    return;
  }
  try {
    await command();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** The command line asks for something that does not exist. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
