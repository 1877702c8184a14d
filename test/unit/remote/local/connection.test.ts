import { systemClock } from '../../../../src/async/clock.js';
import type { Connection } from '../../../../src/remote/connection.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { recordConnection } from '../../../../src/remote/recording.js';
import { redactConnection } from '../../../../src/remote/redacted-connection.js';
import { createRedactor } from '../../../../src/remote/redaction.js';
import { describeConnection } from '../../../contract/connection.js';
import { nodeSpec } from '../../../support/specs.js';

async function open(): Promise<Connection> {
  const opened = await openLocal(nodeSpec(), { cwd: '/', clock: systemClock });
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

describeConnection('local', open);
describeConnection('recorded and redacted', async () =>
  recordConnection(redactConnection(await open(), createRedactor(['printed by nothing']))),
);
