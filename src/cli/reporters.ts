import type { Reporter } from '../report/reporter.js';
import type { Globals } from './globals.js';
import type { ReporterName } from './reporter-names.js';
import { textOptions } from './text-style.js';

export interface ChosenReporter {
  readonly reporter: Reporter;
  /** Gives the terminal back at once, for a process that ends without closing its reporter. */
  readonly restore: () => void;
}

/** What shows a run: a live tree where somebody watches, lines elsewhere. */
export async function chooseReporter(
  name: ReporterName,
  globals: Globals,
): Promise<ChosenReporter> {
  const stream = process.stderr;
  const options = {
    ...(await textOptions(globals, stream)),
    isVerbose: globals.isVerbose,
    summary: process.stdout,
  };
  switch (resolveName(name, globals)) {
    case 'tree': {
      const { createTreeReporter } = await import('../report/reporters/tree/tree.js');
      const reporter = createTreeReporter(stream, options);
      return { reporter, restore: () => reporter.restore() };
    }
    case 'plain': {
      const { createPlainReporter } = await import('../report/reporters/plain.js');
      return unrestored(createPlainReporter(stream, options));
    }
    case 'quiet': {
      const { createQuietReporter } = await import('../report/reporters/quiet.js');
      return unrestored(
        createQuietReporter(process.stdout, await textOptions(globals, process.stdout)),
      );
    }
    case 'json': {
      const { createJsonReporter } = await import('../report/reporters/json.js');
      return unrestored(createJsonReporter(process.stdout));
    }
    case 'silent': {
      const { silentReporter } = await import('../report/reporters/silent.js');
      return unrestored(silentReporter);
    }
  }
}

function resolveName(
  name: ReporterName,
  { isQuiet }: Globals,
): Exclude<ReporterName, 'auto'> | 'quiet' {
  if (name !== 'auto') return name;
  if (isQuiet) return 'quiet';
  const isWatched = process.stderr.isTTY && process.env['TERM'] !== 'dumb' && !process.env['CI'];
  return isWatched ? 'tree' : 'plain';
}

function unrestored(reporter: Reporter): ChosenReporter {
  return { reporter, restore: () => undefined };
}
