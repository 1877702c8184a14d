import { Command, Option } from 'commander';

import {
  BENCH_KEY_NAMES,
  BENCH_KEYS,
  type BenchKeyName,
  flagOf,
} from '../../benchmark/load/config/bench-config.js';
import { parseFlag } from '../../benchmark/load/config/flags.js';
import { ExitCode } from '../../model/exit-code.js';
import type { BenchOptions } from '../bench/options.js';
import { globalsOf } from '../globals.js';
import { formatOption, note } from '../output.js';

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measure an OpenAI-compatible server under load')
    .option('--config <file>', 'default: $SCENARIO_CONFIG, else test_config.json if there is one')
    .option(
      '--output <path>',
      'where results go: a directory, or a file (default: the first of $SCENARIO_RESULT_PATH, else .)',
    )
    .addOption(formatOption(['table', 'json']));
  for (const key of BENCH_KEY_NAMES) addKeyOptions(command, key);
  return command
    .addHelpText(
      'after',
      `
Every option with an equivalent in test_config.json (--num-prompts: num_prompts) replaces its value.
Each load point goes into a JSON file of its own, with the keys of vllm's bench serve. Latencies count
from sending a request on an open connection; percentiles are interpolated linearly, as numpy does.

Exit codes: 0 all requests completed · 1 some failed (see --allow-failures) · 2 usage or configuration ·
3 a result could not be written · 130/143 interrupted, after writing what was measured

Examples:
  $ playbook bench --base-url http://127.0.0.1:8000 --max-concurrency 1,8,64 --num-prompts 200
  $ playbook bench --config test_config.json --request-rate 2,4,8 --output results/
  $ playbook bench --base-url http://127.0.0.1:8000 --format json | jq .p99_ttft_ms`,
    )
    .action(async (options: BenchOptions, self: Command) => {
      const globals = globalsOf(self);
      const [{ prepareBench }, { measure }] = await Promise.all([
        import('../bench/prepare.js'),
        import('../bench/measure.js'),
      ]);
      const prepared = await prepareBench(options, globals);
      if (prepared.ok) {
        process.exitCode = await measure(prepared.value, options, globals);
        return;
      }
      for (const { where, message, hint } of prepared.problems) {
        note(`playbook: ${where}: ${message}`);
        if (hint !== '') note(`  ${hint}`);
      }
      process.exitCode = ExitCode.usage;
    });
}

function addKeyOptions(command: Command, key: BenchKeyName): void {
  const { syntax, placeholder, description } = BENCH_KEYS[key];
  const flag = flagOf(key);
  switch (syntax) {
    case 'boolean':
      command
        .option(flag, description)
        .option(flag.replace('--', '--no-'), 'leave that to the server');
      break;
    case 'pairs':
      command.option(`${flag} <${placeholder}>`, description, (text: string, earlier: unknown) => {
        const pair = parseFlag(syntax, text);
        // What is no pair stays, and is refused with the rest of the configuration.
        const areObjects = typeof pair === 'object' && typeof (earlier ?? {}) === 'object';
        return areObjects ? { ...(earlier as object | undefined), ...pair } : text;
      });
      break;
    case 'text':
    case 'number':
    case 'list':
    case 'json':
      command.addOption(
        new Option(`${flag} <${placeholder}>`, description).argParser((text: string) =>
          parseFlag(syntax, text),
        ),
      );
  }
}
