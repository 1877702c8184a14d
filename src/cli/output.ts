import { Option } from 'commander';

const FORMATS = ['table', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** `--format table|json|yaml`, for every command that lists something. */
export function formatOption(choices: readonly string[] = FORMATS): Option {
  return new Option('--format <format>', 'how to print it').choices(choices).default(choices[0]);
}

/** Prints what was asked for. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints a note about it. */
export function note(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/**
 * Prints a value in the format that was asked for.
 *
 * @param table Called only where a table was asked for.
 */
export async function printAs(format: Format, value: unknown, table: () => string): Promise<void> {
  switch (format) {
    case 'table':
      print(table());
      break;
    case 'json':
      print(JSON.stringify(value, null, 2));
      break;
    case 'yaml': {
      const { renderYaml } = await import('./yaml-output.js');
      print(renderYaml(value));
      break;
    }
  }
}
