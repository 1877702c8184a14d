import path from 'node:path';

import { type Command, Option } from 'commander';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The options every command takes. */
export interface Globals {
  /** The project directory, absolute. */
  readonly root: string;
  readonly configDir: string | null;
  readonly isVerbose: boolean;
  readonly isQuiet: boolean;
  readonly logLevel: LogLevel;
  readonly hasColor: boolean;
}

export function addGlobals(program: Command): Command {
  return program
    .option('-C, --project <dir>', 'the project directory', '.')
    .option('--config-dir <dir>', 'where the configuration lies (default: PROJECT/config)')
    .option('-v, --verbose', 'say more')
    .option('-q, --quiet', 'say only what was asked for, and errors')
    .addOption(
      new Option('--log-level <level>', 'what the log file holds')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .option('--no-color', 'no colours (also: NO_COLOR=1)');
}

interface RawGlobals {
  readonly project: string;
  readonly configDir?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
  readonly color: boolean;
}

/** The global options as they hold for one command. */
export function globalsOf(command: Command): Globals {
  const raw = command.optsWithGlobals<RawGlobals>();
  return {
    root: path.resolve(raw.project),
    configDir: raw.configDir === undefined ? null : path.resolve(raw.configDir),
    isVerbose: raw.verbose ?? false,
    isQuiet: raw.quiet ?? false,
    logLevel: raw.logLevel,
    // https://no-color.org: any value but the empty one.
    hasColor: raw.color && !process.env['NO_COLOR'],
  };
}
