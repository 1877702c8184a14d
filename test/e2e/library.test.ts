import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadProject, planSuite, resumeSuite, runSuite } from '../../src/library/index.js';
import { projectFolder, scenarioFiles } from '../support/project-folder.js';

describe('the library', () => {
  it('does what the example in the README does', async () => {
    const project = await projectFolder(scenarioFiles('001_baseline', { script: 'echo hi' }));
    const readme = await readFile(
      fileURLToPath(new URL('../../README.md', import.meta.url)),
      'utf8',
    );
    const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
    // The example itself runs, with the package's sources in the place of the package.
    const sources = new URL('../../src/library/index.ts', import.meta.url).href;
    await project.write({ 'example.mts': example.replace("'playbook'", `'${sources}'`) });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), 'example.mts'],
      { cwd: project.root, encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    const logged = stdout.trim().split('\n');
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

  it('continues a run, which is known as a continuation before it takes results over', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_one', {}),
      ...scenarioFiles('002_two', { script: 'test -e ../../../../fixed' }),
    });
    const load = async () => {
      const loaded = await loadProject(project.root);
      if (!loaded.project) throw new Error('the project is not in order');
      return loaded.project;
    };
    expect(await resumeSuite(await load())).toBeNull();
    const { run: former } = await runSuite(planSuite(await load()));
    await project.write({ fixed: '' });
    await expect(resumeSuite(await load(), { run: '1999' })).rejects.toThrow('no run 1999');

    const file = (run: string, name: string) => path.join(project.root, 'results', run, name);
    const seen: boolean[] = [];
    const summary = await resumeSuite(await load(), {
      onEvent: (event) => {
        if (event.type !== 'suite_started') return;
        const files = [file(event.run, 'resumed_from.json'), file(event.run, 'one')];
        seen.push(...[...files, file(former, 'resumed_by.json')].map((each) => existsSync(each)));
      },
    });
    expect(seen).toEqual([true, false, false]);
    expect(summary).toMatchObject({
      status: 'completed',
      resumed_from: former,
      scenarios: [
        { name: 'one', kept_from: former },
        { name: 'two', status: 'completed' },
      ],
    });
    expect(existsSync(file(former, 'resumed_by.json'))).toBe(true);
    expect(await resumeSuite(await load())).toBeNull();
  });
});
