import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadProject, planSuite, runSuite } from '../../src/index.js';
import { projectFolder, scenarioFiles } from '../support/project-folder.js';

describe('the library', () => {
  it('does what the example in the README does', async () => {
    const project = await projectFolder(scenarioFiles('001_baseline', { script: 'echo hi' }));
    const readme = await readFile(
      fileURLToPath(new URL('../../README.md', import.meta.url)),
      'utf8',
    );
    const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
    await project.write({ 'example.ts': example });
    // The example itself runs, with the package's name standing for the sources.
    const code = example
      .replace(/^import .* from 'playbook';$/m, '')
      .replace("loadProject('.')", `loadProject(${JSON.stringify(project.root)})`);
    const logged: string[] = [];
    const run = new Function(
      ...['loadProject', 'planSuite', 'runSuite', 'console'],
      `return (async () => {${code}})()`,
    ) as (...parts: unknown[]) => Promise<void>;
    await run(loadProject, planSuite, runSuite, { log: (text: string) => logged.push(text) });
    expect(logged[0]).toBe('suite_started');
    expect(logged.at(-1)).toBe('completed');
    expect((await project.suite()).status).toBe('completed');
  });

  it('tells every problem and gives no project where there are errors', async () => {
    const project = await projectFolder(scenarioFiles('001_bad', { metadata: 'tagz: [a]\n' }));
    const loaded = await loadProject(project.root);
    expect(loaded.project).toBeNull();
    expect(loaded.problems).toMatchObject([
      { severity: 'error', file: path.join('scenarios', '001_bad', 'metadata.yaml'), line: 2 },
    ]);
  });

  it('stops, collects and cleans up when its signal aborts', async () => {
    const project = await projectFolder(
      scenarioFiles('001_long', { script: 'echo running; sleep 300' }),
    );
    const loaded = await loadProject(project.root);
    if (!loaded.project) throw new Error('the project is not in order');
    const cancel = new AbortController();
    const summary = await runSuite(planSuite(loaded.project), {
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.type === 'script_output') cancel.abort();
      },
    });
    expect(summary).toMatchObject({ status: 'cancelled', exit_code: 130 });
    expect(await project.list('.playbook')).toEqual([]);
  });
});
