/** What the start script says on standard output; see `scripts.ts`. */
export type StartReport =
  | {
      readonly isStarted: true;
      readonly processGroup: number;
      /** Where in the log the output of this start begins. */
      readonly logOffset: number;
    }
  | { readonly isStarted: false; readonly message: string; readonly hint: string | null };

/** @param program What was to be run, as configured. */
export function parseStartReport(line: string, program: string, log: string): StartReport | null {
  const [word, ...details] = line.split(' ');
  if (word === 'started') {
    return { isStarted: true, processGroup: Number(details[0]), logOffset: Number(details[1]) };
  }
  if (word !== 'failed') return null;
  return { isStarted: false, ...explain(details.join(' '), program, log) };
}

function explain(
  reason: string,
  program: string,
  log: string,
): { readonly message: string; readonly hint: string | null } {
  switch (reason) {
    case 'no-command':
      return {
        message: `command not found: ${program}`,
        hint: 'install it on the node, or name it by its path in the compose file',
      };
    case 'is-directory':
      return { message: `is a directory: ${program}`, hint: null };
    case 'not-executable':
      return { message: `permission denied: ${program} is not executable`, hint: `chmod +x it` };
    case 'no-log':
      return { message: `the log cannot be written: ${log}`, hint: 'is the disk full?' };
    case 'no-record':
      return {
        message: 'its process id cannot be recorded beside the log',
        hint: 'is the disk full?',
      };
    default:
      return { message: `${program} could not be started: ${reason}`, hint: null };
  }
}
