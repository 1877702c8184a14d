import { describe, expect, it } from 'vitest';

import { createFailure } from '../../../src/model/failure.js';
import { describePlace, renderFailure, summarizeFailure } from '../../../src/report/failure.js';
import { failureRecord } from './samples.js';

describe('a failure', () => {
  it('tells what and where, the culprit’s last lines, and what to do', () => {
    expect(`\n${renderFailure(failureRecord()).join('\n')}\n`).toBe(`
p-1 on node1: exited with status 1 before it was ready
  │ loading weights
  │ CUDA error: out of memory
  → read its log
`);
  });

  it('shows the newest lines where there are many', () => {
    const output = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    const lines = renderFailure(failureRecord({ output }), { outputLines: 2 });
    expect(lines.slice(1, -1)).toEqual(['  │ line 48', '  │ line 49']);
  });

  it('tells more when asked to: its kind, its place in the files, and what is behind it', () => {
    const failure = createFailure('dependency_failed', 'p-1 failed', {
      service: 'router',
      source: { file: 'scenarios/001/docker-compose.yml', line: 12, column: 5 },
      cause: createFailure('port_taken', 'port 8000 is taken', { service: 'p-1', node: 'node1' }),
    });
    expect(`\n${renderFailure(failure, { isVerbose: true }).join('\n')}\n`).toBe(`
router: p-1 failed
  kind: dependency_failed
  at scenarios/001/docker-compose.yml:12:5
  because p-1 on node1: port 8000 is taken
    kind: port_taken
`);
  });

  it('is one line in short, whatever its message holds', () => {
    const failure = failureRecord({ message: 'two\nlines\u001b[2J', service: null, node: null });
    expect(summarizeFailure(failure)).toBe('two lines');
  });

  it.each([
    [{ service: 'p-1', node: 'node1' }, 'p-1 on node1'],
    [{ service: 'p-1@node1', node: 'node1' }, 'p-1@node1'],
    [{ service: 'p-1', node: null }, 'p-1'],
    [{ service: null, node: 'node1' }, 'node1'],
    [{ service: null, node: null }, ''],
  ])('at %j happened at "%s"', (place, text) => {
    expect(describePlace(place)).toBe(text);
  });
});
