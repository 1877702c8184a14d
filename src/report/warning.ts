import type { WarningRecord } from '../model/result.js';
import { describePlace } from './failure.js';

/** `sweep: node1: the clock jumped`. @param message As it is to be shown there. */
export function describeWarning(
  { scenario, node, service }: Pick<WarningRecord, 'scenario' | 'node' | 'service'>,
  message: string,
): string {
  const about = [scenario ?? '', describePlace({ node, service }), message];
  return about.filter((part) => part !== '').join(': ');
}
