import { expect, it } from 'vitest';

import type { RunEvent } from '../../../../src/model/event.js';
import { tellTransfer } from '../../../../src/run/scenario/tell-transfer.js';
import { createManualClock } from '../../../support/manual-clock.js';

const MB = 1024 * 1024;
const about = { scenario: 'a', node: 'node1', direction: 'from_node' } as const;

it('a large transfer is told at most once a second, and a small or quick one not at all', async () => {
  const clock = createManualClock();
  const events: RunEvent[] = [];
  const tell = tellTransfer(clock, (event) => events.push(event), about);
  tell({ files: 1, bytes: 100 * MB });
  expect(events).toEqual([]);
  for (let tenth = 1; tenth <= 25; tenth += 1) {
    await clock.advance(100);
    tell({ files: tenth, bytes: tenth * 100 * MB });
  }
  expect(events).toEqual([
    { type: 'transfer_progress', ...about, files: 10, bytes: 1_000 * MB },
    { type: 'transfer_progress', ...about, files: 20, bytes: 2_000 * MB },
  ]);
  const small = tellTransfer(clock, (event) => events.push(event), about);
  await clock.advance(60_000);
  small({ files: 1_000, bytes: MB });
  expect(events).toHaveLength(2);
});
