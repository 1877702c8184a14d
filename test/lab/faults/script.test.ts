import { describe, expect, it } from 'vitest';

import { labNode, labSkipReason, onNode } from '../support/lab.js';
import { labProject, labScenario } from '../support/lab-project.js';
import { expectExit } from '../../support/project-folder.js';
import { tracesOf } from '../support/traces.js';

const skipReason = labSkipReason(3);

/** A script on node3, with nothing else around it. */
const scriptOnNode = (directory: string, script: string, timeout = '20s') =>
  labScenario(directory, {
    metadata: { test_execution: { node: 'node3', timeout, result_paths: ['results/'] } },
    script: `echo begun | tee "$SCENARIO_RESULT_PATH/first"\n${script}`,
  });

describe.skipIf(skipReason !== null)(
  `a test script on a node${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    it('that takes too long is ended with all that it has started, whatever that ignores', async () => {
      const project = await labProject({
        files: scriptOnNode(
          '001_endless',
          `trap '' TERM
           sleep 4711 &
           sh -c 'trap "" TERM HUP; sleep 4712; sleep 4713' &
           ( trap '' TERM; setsid sh -c 'trap "" TERM; while :; do sleep 4714; done' & )
           nohup sleep 4715 >/dev/null 2>&1 &
           wait`,
          '2s',
        ),
      });
      const ran = await project.run('endless');
      expect(ran.exitCode).toBe(1);
      const { failure, script, further_failures } = await project.result('endless');
      expect(failure).toMatchObject({ kind: 'script_timed_out', node: 'node3' });
      expect(failure?.message).toContain('2 s');
      expect(further_failures).toEqual([]);
      expect(script).toMatchObject({ timed_out: true, exit_code: null });
      expect(script?.duration_s).toBeLessThan(15);
      expect(await project.resultFile('endless/test_artifacts/results/first')).toBe('begun\n');
      expect(await project.resultFile('endless/test_artifacts/test_stdout.log')).toBe('begun\n');
      const left = await onNode(labNode('node3'), ['pgrep', '-fa', 'sleep 471[1-5]']);
      expect(left.stdout).toBe('');
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('is to blame for its own exit status and signal, and the node is not', async () => {
      const project = await labProject({
        files: {
          ...scriptOnNode('001_status', 'echo "cannot go on" >&2; exit 255'),
          ...scriptOnNode('002_signal', 'kill -SEGV $$'),
          ...scriptOnNode('003_killed', 'kill -KILL $$'),
          ...scriptOnNode('004_input', 'cat; read -r line || echo "no input"'),
          ...scriptOnNode('005_missing', 'rm "$SCENARIO_RESULT_PATH/first"'),
        },
      });
      const ran = await project.run('--all');
      expect(ran.exitCode).toBe(1);
      expect(await project.suite()).toMatchObject({
        scenarios: [
          { name: 'status', failure: { kind: 'script_failed', output: ['cannot go on'] } },
          { name: 'signal', failure: { kind: 'script_killed' } },
          { name: 'killed', failure: { kind: 'script_killed' } },
          { name: 'input', status: 'completed' },
          { name: 'missing', failure: { kind: 'result_missing' } },
        ],
      });
      expect((await project.result('status')).script).toMatchObject({ exit_code: 255 });
      expect((await project.result('signal')).script).toMatchObject({ signal: 'SIGSEGV' });
      expect((await project.result('killed')).script).toMatchObject({ signal: 'SIGKILL' });
      expect(await project.resultFile('input/test_artifacts/test_stdout.log')).toBe(
        'begun\nno input\n',
      );
      expect(ran.stderr).not.toMatch(/unreachable|connection/);
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('keeps its bytes as they are', async () => {
      const bytes = String.raw`\000\377\303(\342\202\254\r\n\033[31m`;
      const project = await labProject({
        files: scriptOnNode(
          '001_bytes',
          `printf '${bytes}'; printf '${bytes}' >&2; printf '${bytes}' >"$SCENARIO_RESULT_PATH/-odd name
x"`,
        ),
      });
      expectExit(await project.run('bytes'), 0);
      const expected = Buffer.from('00ffc328e282ac0d0a1b5b33316d', 'hex').toString('latin1');
      const file = (name: string) => project.resultBytes(`bytes/test_artifacts/${name}`);
      expect((await file('test_stdout.log')).toString('latin1')).toBe(`begun\n${expected}`);
      expect((await file('test_stderr.log')).toString('latin1')).toBe(expected);
      expect((await file('results/-odd name\nx')).toString('latin1')).toBe(expected);
    });
  },
);
