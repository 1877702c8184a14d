import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadProject } from '../../../../src/config/load.js';
import type { HookSpec } from '../../../../src/model/hook.js';
import {
  BASE,
  type Files,
  FOUR_NODES,
  load,
  problemsOf,
  scenarioOf,
  show,
  writeProject,
} from '../temporary-project.js';

const SCRIPT = '#!/bin/sh\ntrue\n';

function inShort({ point, name, node, timeoutMs, onError, program }: HookSpec): string {
  return `${point} ${program.kind} ${name} @${node} ${timeoutMs} ${onError}`;
}

async function hooksOf(files: Files): Promise<readonly string[]> {
  return (await scenarioOf({ 'scenarios/one/metadata.yaml': 'name: first\n', ...files })).hooks.map(
    inShort,
  );
}

describe('files in hooks/', () => {
  it('are hooks of the point they are called after, with or without an extension, those of a folder last', async () => {
    const files = {
      'hooks/before_scenario.sh': SCRIPT,
      'hooks/before_scenario': '#!/bin/sh\n',
      'hooks/after_scenario.py': '#!/usr/bin/env python3\n',
      'hooks/before_scenario.d/20-b': SCRIPT,
      'hooks/before_scenario.d/10-a.sh': SCRIPT,
      'hooks/before_suite.sh': SCRIPT,
      'hooks/lib.sh': 'something() { true; }\n',
      'hooks/README.md': 'about them\n',
      'hooks/after_ready.sh.sample': SCRIPT,
    };
    expect(await problemsOf(files)).toEqual([]);
    expect(await hooksOf(files)).toEqual([
      'before_scenario script hooks/before_scenario @controller 60000 fail',
      'before_scenario script hooks/before_scenario.sh @controller 60000 fail',
      'before_scenario script hooks/before_scenario.d/10-a.sh @controller 60000 fail',
      'before_scenario script hooks/before_scenario.d/20-b @controller 60000 fail',
      'after_scenario script hooks/after_scenario.py @controller 60000 warn',
    ]);
    const { project } = await load(files);
    expect(project?.hooks.map(inShort)).toEqual([
      'before_suite script hooks/before_suite.sh @controller 60000 fail',
    ]);
  });

  it('with a name that is nearly that of a point are found by validate', async () => {
    expect(
      await problemsOf({ 'hooks/before_suit.sh': SCRIPT, 'hooks/after_ready/x.sh': SCRIPT }),
    ).toEqual([
      'hooks/after_ready:1:1 warning : is a folder, so this is never called | call it after_ready.d',
      'hooks/before_suit.sh:1:1 warning : there is no point `before_suit`, so this is never called | did you mean `before_suite`?',
    ]);
  });

  it('that cannot be run are found by validate', async () => {
    const root = writeProject({
      ...BASE,
      'hooks/before_suite': 'echo no first line\n',
      'hooks/after_ready': '#!/bin/sh\r\necho\r\n',
      'hooks/after_suite': '#! /usr/bin/env -S sh -e \necho\n',
    });
    const { problems, project } = await loadProject({ root, environment: {} });
    expect(problems.map(show)).toEqual([
      "hooks/after_ready:1:1 error : the script hooks/after_ready has Windows line ends: its interpreter would not be found | sed -i 's/\\r$//' hooks/after_ready",
      'hooks/before_suite:1:1 error : the script hooks/before_suite is not executable, and has no `#!` line | chmod +x hooks/before_suite, and start it with `#!/bin/sh`, or whatever it is written in',
    ]);
    // Without its mode, but with a first line: its interpreter is called.
    expect(project?.hooks.map(({ program }) => program)).toEqual([
      {
        kind: 'script',
        file: join(root, 'hooks/after_suite'),
        interpreter: ['/usr/bin/env', '-S sh -e'],
        args: [],
      },
    ]);
    chmodSync(join(root, 'hooks/before_suite'), 0o755);
    const again = await loadProject({ root, environment: {} });
    expect(again.problems.map(({ file }) => file)).toEqual(['hooks/after_ready']);
  });
});

describe('hooks in the configuration', () => {
  it('are a line, an entry or a list, by layers: what a scenario says of a point replaces what the project says', async () => {
    const files = {
      'config/nodes.yaml': FOUR_NODES,
      'config/defaults.yaml': `
hooks:
  before_suite: scripts/warm.sh --fast
  before_scenario: nvidia-smi --query-gpu=clocks.sm
  after_ready:
    - { run: scripts/warm.sh, node: there, timeout: 2m, on_error: warn, env: { LEVEL: 3 } }
    - echo "$SCENARIO_NAME" | tr a-z A-Z
`,
      'scripts/warm.sh': SCRIPT,
      'hooks/before_scenario.sh': SCRIPT,
      'scenarios/one/metadata.yaml': `name: first
deployment: { node: here }
hooks: { before_scenario: { run: own.sh, node: all }, on_failure: /usr/bin/dmesg }
`,
      'scenarios/one/own.sh': SCRIPT,
    };
    expect(await problemsOf(files)).toEqual([]);
    expect(await hooksOf(files)).toEqual([
      'before_scenario script hooks/before_scenario.sh @controller 60000 fail',
      'before_scenario script scenarios/one/own.sh @all 60000 fail',
      'after_ready script scripts/warm.sh @there 120000 warn',
      'after_ready line echo "$SCENARIO_NAME" | tr a-z A-Z @controller 60000 fail',
      'on_failure line /usr/bin/dmesg @controller 60000 warn',
    ]);
    const { project } = await load(files);
    expect(project?.hooks.map(inShort)).toEqual([
      'before_suite script scripts/warm.sh --fast @controller 60000 fail',
    ]);
    expect(project?.hooks[0]?.program).toMatchObject({ args: ['--fast'], interpreter: [] });
    const ready = (await scenarioOf(files)).hooks.find(({ point }) => point === 'after_ready');
    expect(ready).toMatchObject({ env: { LEVEL: '3' }, source: { line: 6 } });
  });

  it('run a file of the project also with words in quotes, and are doubtful where only a shell could read them', async () => {
    const files = {
      'config/defaults.yaml': `hooks:
  before_scenario: hk.sh a 'b c' "d  e" --x='f'
  after_ready: hk.sh "$SCENARIO_NAME"; true
  after_scenario: sh hk.sh "$SCENARIO_NAME"
`,
      'hk.sh': SCRIPT,
    };
    expect(await problemsOf(files)).toEqual([
      'config/defaults.yaml:3:16 warning hooks.after_ready: is a line for the shell, which does not look for `hk.sh` in the project | to run hk.sh: leave `$`, `;` and the like to a script of its own',
    ]);
    const { hooks } = await scenarioOf({
      ...files,
      'scenarios/one/metadata.yaml': 'name: first\n',
    });
    expect(hooks.map(({ program }) => program.kind)).toEqual(['script', 'line', 'line']);
    expect(hooks[0]).toMatchObject({
      name: `hk.sh a 'b c' "d  e" --x='f'`,
      program: { args: ['a', 'b c', 'd  e', '--x=f'] },
    });
  });

  it('say more about a file in hooks/, which is called once then', async () => {
    expect(
      await hooksOf({
        'hooks/after_ready.sh': SCRIPT,
        'config/scenarios.yaml':
          'execution_config: { hooks: { after_ready: { run: hooks/after_ready.sh, timeout: 5 } } }\n',
      }),
    ).toEqual(['after_ready script hooks/after_ready.sh @controller 5000 fail']);
  });

  it('have every mistake found with its line and the nearest name', async () => {
    const problems = await problemsOf({
      'config/nodes.yaml': FOUR_NODES,
      'config/defaults.yaml': `hooks:
  befor_suite: true
  before_suite:
    - { run: scripts/warn.sh }
    - { run: ../elsewhere.sh }
    - { run: "", timeout: 0 }
    - { node: here }
  after_suite: { run: x, node: her, on_error: ignore }
  after_ready: { run: ls, node: off, time_out: 3 }
`,
      'scripts/warm.sh': SCRIPT,
      'scenarios/one/metadata.yaml':
        'name: first\ndeployment: { node: here }\nhooks: { before_suite: ls, after_scenario: 5 }\n',
    });
    expect(problems).toEqual([
      'config/defaults.yaml:2:3 error hooks.befor_suite: unknown key `befor_suite` | did you mean `before_suite`?',
      'config/defaults.yaml:4:14 error hooks.before_suite[0].run: there is no script scripts/warn.sh | did you mean `scripts/warm.sh`?',
      "config/defaults.yaml:5:14 error hooks.before_suite[1].run: the script lies outside the project: '../elsewhere.sh' | a program of the machine has an absolute path",
      'config/defaults.yaml:6:9 error hooks.before_suite[2].run: is empty | name a script, or a command',
      'config/defaults.yaml:7:7 error hooks.before_suite[3]: `run` is missing',
      'config/defaults.yaml:8:32 error hooks.after_suite.node: there is no node `her` | did you mean `here`?',
      "config/defaults.yaml:8:47 error hooks.after_suite.on_error: must be one of fail, warn; got 'ignore'",
      'config/defaults.yaml:9:33 error hooks.after_ready.node: the node off is disabled | switch it on in config/nodes.yaml:5, or name another one',
      'config/defaults.yaml:9:38 error hooks.after_ready.time_out: unknown key `time_out` | did you mean `timeout`?',
      'scenarios/one/metadata.yaml:3:10 error hooks.before_suite: before_suite belongs to the run, and not to one scenario | write it in defaults.yaml',
      'scenarios/one/metadata.yaml:3:44 error hooks.after_scenario: must be a text, a map or a list; got 5',
    ]);
  });

  it('keep a secret out of the process list', async () => {
    const problems = await problemsOf(
      { 'config/defaults.yaml': 'hooks: { before_suite: "curl -H ${API_TOKEN} http://x" }\n' },
      { API_TOKEN: 'abcdefgh' },
    );
    expect(problems).toEqual([
      'config/defaults.yaml:1:24 warning hooks.before_suite: a secret in a command can be seen in the list of processes | pass it with `env`, and use it in the script as a variable',
    ]);
  });
});

describe('a webhook', () => {
  it('is a secret, its credentials too, and an empty address is none', async () => {
    const config = (text: string) => ({ 'config/defaults.yaml': `notifications: ${text}\n` });
    const environment = { HOOK: 'https://hooks.slack.com/services/T00/B00/XXXXXXXXXXXX' };
    const loaded = await load(
      config('{ webhook: { url: "${HOOK}", headers: { Authorization: Bearer abcdefghijk } } }'),
      environment,
    );
    expect(loaded.problems).toEqual([]);
    expect(loaded.project?.webhooks).toEqual([
      {
        url: environment.HOOK,
        on: ['suite_finished', 'scenario_failed'],
        timeoutMs: 10_000,
        headers: { Authorization: 'Bearer abcdefghijk' },
      },
    ]);
    for (const secret of [environment.HOOK, '/services/T00/B00/XXXXXXXXXXXX', 'abcdefghijk']) {
      expect(loaded.project?.secrets).toContain(secret);
    }
    const off = await load(config('{ webhook: "${HOOK:-}" }'));
    expect(off.problems).toEqual([]);
    expect(off.project?.webhooks).toEqual([]);
    const several = await load(config('{ webhook: [{ url: "http://a/" }, { url: "http://b/" }] }'));
    expect(several.project?.webhooks.map(({ url }) => url)).toEqual(['http://a/', 'http://b/']);
  });

  it('has its mistakes found, and its address not shown', async () => {
    expect(
      await problemsOf(
        {
          'config/defaults.yaml': `notifications:
  webhook:
    - { url: "\${HOOK}", on: [suite_finish] }
    - { url: "\${UNSET}" }
    - { url: "https://x/", timeout: 0, headers: { "a b": c } }
`,
        },
        { HOOK: 'hooks.slack.com/services/SECRETSECRET' },
      ),
    ).toEqual([
      'config/defaults.yaml:3:14 error notifications.webhook[0].url: is no address of a webhook | it begins with https:// or http://',
      "config/defaults.yaml:3:30 error notifications.webhook[0].on[0]: must be one of suite_finished, suite_failed, scenario_failed; got 'suite_finish' | did you mean `suite_finished`?",
      "config/defaults.yaml:4:14 error notifications.webhook[1].url: the variable UNSET is not set | set it in the environment or in the project's .env, or write ${UNSET:-default}",
      'config/defaults.yaml:5:37 error notifications.webhook[2].timeout: must be more than 0',
      'config/defaults.yaml:5:49 error notifications.webhook[2].headers: `a b` cannot be sent as a header',
    ]);
  });
});
