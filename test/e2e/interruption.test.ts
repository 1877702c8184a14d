import { describe, expect, it } from 'vitest';

import { PHASES } from '../../src/model/plan.js';
import { isAlive, projectFolder, scenarioFiles } from '../support/project-folder.js';

/** Slow enough in every phase for a signal to arrive in the middle of it. */
const SCENARIO = scenarioFiles('001_slow', {
  metadata: 'test_execution: { result_paths: [out/] }',
  compose: `
services:
  engine:
    command: ["sh", "-c", "trap 'sleep 0.3; exit 0' TERM; echo $$$$; while :; do sleep 0.1; done"]
    healthcheck: { test: ["CMD-SHELL", "sleep 0.3"], interval: 100ms }
    stop_grace_period: 3s
  second:
    command: sleep 300
    depends_on: { engine: { condition: service_healthy } }
    healthcheck: { test: ["CMD-SHELL", "sleep 0.3"], interval: 100ms }
`,
  script: 'echo result > out/result; sleep 0.5',
});

describe('a signal', () => {
  it.each(
    PHASES.flatMap((phase) => [[phase, 'SIGINT', 130] as const, [phase, 'SIGTERM', 143] as const]),
  )(
    'in phase %s: %s leaves nothing running, nothing on the nodes, and exits %i',
    async (phase, signal, code) => {
      const project = await projectFolder({
        ...SCENARIO,
        ...scenarioFiles('002_never', { script: 'touch "$SCENARIO_PATH/../../../../ran"' }),
      });
      const run = project.start(['run', '--all', '--reporter', 'json']);
      await run.event((event) => event.type === 'phase_started' && event.phase === phase);
      run.child.kill(signal);
      const { exitCode, stderr } = await run.finished;
      expect(exitCode, stderr).toBe(code);
      const suite = await project.suite();
      expect(suite).toMatchObject({ exit_code: code, status: 'cancelled' });
      expect(suite.scenarios[1]).toMatchObject({ name: 'never', status: 'skipped' });
      expect(await project.list('.playbook')).toEqual([]);
      expect(await project.list('.')).not.toContain('ran');
      const log = await project
        .resultFile('slow/nodes/node1/services/engine.log')
        .catch(() => null);
      if (log) expect(isAlive(Number(log.trim()))).toBe(false);
      // What was measured before the signal is kept.
      const wasMeasured = ['collect', 'stop', 'clean', 'verify'].includes(phase);
      if (wasMeasured) {
        expect(await project.resultFile('slow/test_artifacts/out/result')).toBe('result\n');
      }
    },
  );
});
