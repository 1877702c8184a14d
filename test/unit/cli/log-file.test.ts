import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { openLogFile } from '../../../src/cli/log-file.js';
import type { StampedEvent } from '../../../src/model/event.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const at = new Date(NOW).toISOString();

async function folder(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'playbook-logs-'));
  onTestFinished(() => rm(root, { recursive: true }));
  return root;
}

describe('openLogFile', () => {
  it('removes what is too old and what is too much, and nothing that is not its own', async () => {
    const root = await folder();
    const logs = path.join(root, 'logs');
    await mkdir(logs);
    for (let index = 0; index < 60; index += 1) {
      const name = `playbook_202605${String(1 + (index % 28)).padStart(2, '0')}_0000${String(index).padStart(2, '0')}.log`;
      await writeFile(path.join(logs, name), '');
      await utimes(path.join(logs, name), NOW / 1000, NOW / 1000);
    }
    const old = new Date(NOW - 31 * 24 * 3600 * 1000);
    await writeFile(path.join(logs, 'playbook_20260601_000000.log'), '');
    await utimes(path.join(logs, 'playbook_20260601_000000.log'), old, old);
    await writeFile(path.join(logs, 'notes.txt'), '');
    await utimes(path.join(logs, 'notes.txt'), old, old);

    const reporter = await openLogFile(root, '20260601_120000', 'info', NOW);
    await reporter.close();
    const left = await readdir(logs);
    // 50 logs at most, one of those that would be kept is too old, and the notes.
    expect(left).toHaveLength(50);
    expect(left).toContain('notes.txt');
    expect(left).toContain('playbook_20260601_120000.log');
    expect(left).not.toContain('playbook_20260601_000000.log');
    expect(left).not.toContain('playbook_20260501_000000.log');
  });

  it('holds as much as the level says', async () => {
    const events: readonly StampedEvent[] = [
      {
        at,
        type: 'phase_finished',
        scenario: 'a',
        phase: 'prepare',
        status: 'ok',
        duration_s: 1,
        failure: null,
      },
      { at, type: 'warning', scenario: 'a', message: 'the clock is slow' },
    ];
    const logged = async (level: 'error' | 'warn' | 'info') => {
      const root = await folder();
      const reporter = await openLogFile(root, '20260601_120000', level, NOW);
      for (const event of events) reporter.on(event);
      await reporter.close();
      return readFile(path.join(root, 'logs/playbook_20260601_120000.log'), 'utf8');
    };
    expect(await logged('error')).toBe('');
    expect(await logged('warn')).toMatch(/^.*the clock is slow\n$/);
    expect((await logged('info')).trim().split('\n')).toHaveLength(2);
  });
});
