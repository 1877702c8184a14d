import { onTestFinished } from 'vitest';

import type { Connection } from '../../../src/remote/connection.js';
import { openLocal } from '../../../src/remote/local/connection.js';
import { nodeSpec } from '../../support/specs.js';

/** This machine as node1; closed when the test is over. */
export async function openNode(cwd: string): Promise<Connection> {
  const opened = await openLocal(nodeSpec(), { cwd });
  if (!opened.ok) throw new Error(opened.failure.message);
  onTestFinished(() => opened.value.close());
  return opened.value;
}
