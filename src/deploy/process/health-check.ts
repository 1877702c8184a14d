import type { CommandResult } from '../../model/command.js';
import type { Outcome } from '../../model/failure.js';
import type { HealthCheck } from '../../model/service.js';
import type { CheckResult } from './health-monitor.js';

const LINES_SHOWN = 3;
const LENGTH_SHOWN = 300;

/** What a finished run of a health check means. */
export function judgeCheck(ended: Outcome<CommandResult>, check: HealthCheck): CheckResult {
  if (!ended.ok) return { isHealthy: false, message: ended.failure.message };
  const result = ended.value;
  if (result.termination === 'exited' && result.exitCode === 0) return { isHealthy: true };
  const output = lastOutput(result);
  const message = `${describe(result, check)}${output === '' ? '' : `: ${output}`}`;
  return { isHealthy: false, message };
}

function describe(result: CommandResult, check: HealthCheck): string {
  switch (result.termination) {
    case 'exited':
      return `exited with status ${result.exitCode}`;
    case 'signalled':
      return `killed by ${result.signal}`;
    case 'timed-out':
      return `no answer within ${check.timeoutMs / 1000} s`;
    case 'not-started':
    case 'connection-lost':
      return result.reason;
    case 'cancelled':
      return 'cancelled';
  }
}

function lastOutput({ stdout, stderr }: CommandResult): string {
  const lines = `${stdout.toString()}\n${stderr.toString()}`
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-LINES_SHOWN).join('; ').slice(-LENGTH_SHOWN);
}
