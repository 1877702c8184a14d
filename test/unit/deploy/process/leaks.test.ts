import { getEventListeners } from 'node:events';
import { readdir } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { openLocalBackend } from '../../../support/local-backend.js';

it('forty services, one after the other, leave no descriptor, listener or process behind', async () => {
  const test = await openLocalBackend();
  const { backend, deployment } = test;
  const { signal } = new AbortController();
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on('warning', note);

  const useOne = async (index: number) => {
    const service = test.serviceSpec({
      id: `service-${index % 5}`,
      run: index % 2 === 0 ? 'echo hello; exit 1' : 'echo hello; exec sleep 60',
      healthCheck: { argv: ['true'], intervalMs: 1 },
    });
    const up = await backend.up(deployment, service, signal);
    if (!up.ok) throw new Error(up.failure.message);
    for await (const line of backend.followLog(up.value, signal)) if (line === 'hello') break;
    if (index % 4 === 1) process.kill(-Number(up.value.description.split(' ').at(-1)), 'SIGKILL');
    await backend.down(up.value);
    for await (const event of backend.watch(up.value, signal)) if (event.type === 'exited') break;
  };
  await useOne(0);
  const before = (await readdir('/dev/fd')).length;
  for (let index = 1; index <= 40; index += 1) await useOne(index);

  // Pipes are made in stock, so the number moves within one batch.
  expect((await readdir('/dev/fd')).length - before).toBeLessThanOrEqual(32);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(warnings).toEqual([]);
  expect(await backend.leftovers(deployment)).toEqual({ ok: true, value: [] });
  process.off('warning', note);
  await test.close();
});
