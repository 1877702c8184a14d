import { CONTROLLER } from '../model/node.js';
import type { TestExecution } from '../model/scenario.js';
import type { ServiceSpec } from '../model/service.js';

/** What will run, as a person would type it. For reading only: nothing is ever executed from this text. */
export function describeProcess(service: ServiceSpec): string {
  if (!service.process) return `service ${service.name} of ${service.composeFile}`;
  return service.process.argv.map(quoteForReading).join(' ');
}

export function describeReadiness({ readiness, isOneShot }: ServiceSpec): string {
  const limit = `(up to ${seconds(readiness.timeoutMs)})`;
  if (isOneShot) return `has exited with status 0 ${limit}`;
  switch (readiness.type) {
    case 'none':
      return 'runs';
    case 'container':
      return `reports healthy ${limit}`;
    case 'http':
      return `answers ${readiness.url} ${limit}`;
    case 'tcp':
      return `accepts connections on ${readiness.host}:${readiness.port} ${limit}`;
    case 'command':
      return `passes ${readiness.argv.map(quoteForReading).join(' ')} ${limit}`;
    case 'log':
      return `logs a line matching /${readiness.pattern}/ ${limit}`;
  }
}

export function describeScript({ node, script, timeoutMs }: TestExecution): string {
  const where = node === CONTROLLER ? 'here' : `on ${node}`;
  return `run ${script} ${where} (at most ${seconds(timeoutMs)})`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function quoteForReading(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
