import { existsSync, readdirSync } from 'node:fs';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import type { HookProgram, HookSpec } from '../../../../src/model/hook.js';
import type { NodeSpec } from '../../../../src/model/node.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { createRedactor } from '../../../../src/remote/redaction.js';
import { type HookEnd, runHook } from '../../../../src/run/hooks/run-hook.js';
import { isAlive } from '../../../support/project-folder.js';
import { nodeSpec } from '../../../support/specs.js';
import { sshConnector } from '../../../support/ssh-connections.js';
import { SSHD_MISSING } from '../../../support/sshd/requirements.js';
import { type Sshd, startSshd } from '../../../support/sshd/start.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const SECRET = 'sk-very-secret-0123456789';

interface Bench {
  readonly root: string;
  /** Makes a script of the project. */
  readonly script: (text: string, mode?: number) => Promise<HookProgram>;
  readonly run: (
    program: HookProgram,
    options?: {
      readonly node?: string;
      /** Reached over SSH. */
      readonly remote?: NodeSpec;
      readonly timeoutMs?: number;
      readonly env?: Record<string, string>;
      /** Of its entry in the configuration. */
      readonly ownEnv?: Record<string, string>;
      readonly input?: string;
      readonly log?: string;
      readonly signal?: AbortSignal;
      readonly patienceMs?: number;
    },
  ) => Promise<HookEnd>;
  readonly log: () => Promise<string>;
}

async function makeBench(): Promise<Bench> {
  const root = await makeTempFolder();
  const openSsh = sshConnector();
  const pool = createPool((node) =>
    node.transport === 'ssh' ? openSsh(node) : openLocal(node, { cwd: root }),
  );
  onTestFinished(() => pool.closeAll());
  const logFile = path.join(root, 'results/hooks/before_suite.log');
  let count = 0;
  return {
    root,
    async script(text, mode = 0o755) {
      const file = path.join(root, `hook ${(count += 1)}.sh`);
      await writeFile(file, text);
      await chmod(file, mode);
      return { kind: 'script', file, interpreter: [], args: [] };
    },
    run: (program, options = {}) => {
      const { node = 'controller', timeoutMs = 20_000, env = {}, input = '{}\n' } = options;
      const hook: HookSpec = {
        ...{ point: 'before_suite', name: 'hooks/before_suite.sh', program, node, timeoutMs },
        ...{
          onError: 'fail',
          env: options.ownEnv ?? {},
          source: { file: 'config', line: 1, column: 1 },
        },
      };
      return runHook(
        {
          pool,
          clock: systemClock,
          identity: { run: '20260601_190411', controller: 'abcdef' },
          root,
          redactor: createRedactor([SECRET]),
          claim: () => Promise.resolve(null),
          noteBases: () => Promise.resolve({ ok: true, value: undefined }),
        },
        {
          hook,
          node: {
            ...(options.remote ?? nodeSpec({ name: node })),
            dockerComposePath: path.join(root, 'node'),
          },
          scenario: null,
          env,
          cwd: null,
          input,
          log: options.log ?? logFile,
          signal: options.signal ?? new AbortController().signal,
          patienceMs: options.patienceMs ?? 0,
        },
      );
    },
    log: () => readFile(logFile, 'utf8'),
  };
}

const line = (text: string): HookProgram => ({ kind: 'line', line: text });

describe('a hook', () => {
  it('gets its environment and the event, here in the project, and is marked as the run is', async () => {
    const { run, script, log, root } = await makeBench();
    const end = await run(
      await script('#!/bin/sh\npwd; echo "$PLAYBOOK_HOOK $PLAYBOOK_NODE $PLAYBOOK_RUN $A"; cat\n'),
      { env: { A: "it's $(touch x)" }, input: '{"point":"before_suite"}\n' },
    );
    expect(end).toMatchObject({ status: 'ok', exitCode: 0, failure: null, left: null });
    expect(await log()).toBe(
      `==> hooks/before_suite.sh (before_suite)\n${root}\nbefore_suite controller 20260601_190411 it's $(touch x)\n{"point":"before_suite"}\n`,
    );
  });

  it('is brought to a node under its own name, and nothing of it stays there', async () => {
    const { run, script, root } = await makeBench();
    const program = await script('#!/bin/sh\necho "$0 $*"; wc -c\n');
    const end = await run({ ...program, args: ['a', 'b'] } as HookProgram, {
      node: 'node1',
      input: 'x'.repeat(300_000),
    });
    expect(end).toMatchObject({ status: 'ok', left: null });
    expect(end.output[0]).toMatch(
      /\/node\/playbook-20260601_190411-abcdef\/\.hooks\/[^/]+\/hook 1\.sh a b$/,
    );
    expect(end.output[1]?.trim()).toBe('300000');
    expect(readdirSync(path.join(root, 'node'))).toEqual([]);
  });

  it('may be a line of shell, which no process list shows', async () => {
    const { run } = await makeBench();
    const end = await run(
      line(
        `echo "it's"   'a "line"'; tr '\\0' ' ' < /proc/$$/cmdline; echo; env | grep -c HOOK_LINE`,
      ),
    );
    expect(end.output).toEqual([
      `it's a "line"`,
      '/bin/sh -c eval "unset PLAYBOOK_HOOK_LINE; $PLAYBOOK_HOOK_LINE" ',
      '0',
    ]);
  });

  it('has its own variables before those of the scenario, but for those that tell where things are', async () => {
    const { run } = await makeBench();
    const end = await run(line('echo "$A $SCENARIO_NAME $SCENARIO_MINE $PLAYBOOK_RUN"'), {
      env: { A: 'scenario', SCENARIO_NAME: 'one' },
      ownEnv: { A: 'own', SCENARIO_NAME: 'two', SCENARIO_MINE: 'mine', PLAYBOOK_RUN: 'none' },
    });
    expect(end.output).toEqual(['own one mine 20260601_190411']);
  });

  it('lies on a node where no other login gets at it', async () => {
    const { run, script, log } = await makeBench();
    const text = '#!/bin/sh\nfolder=${0%/*/*/*}\nstat -c "%a %n" "$folder"\n';
    await run(await script(text), { node: 'node1' });
    expect(await log()).toMatch(/\n700 \S+\/playbook-20260601_190411-abcdef\n$/);
  });

  it('is run by what its first line names where it lacks the mode', async () => {
    const { run, script } = await makeBench();
    const program = await script('#!/bin/sh -e\nfalse\necho not here\n', 0o644);
    const withInterpreter = { ...program, interpreter: ['/bin/sh', '-e'] } as HookProgram;
    for (const node of ['controller', 'node1']) {
      expect(await run(withInterpreter, { node })).toMatchObject({ exitCode: 1, output: [] });
    }
  });

  it.each([
    ['exit 7', { exitCode: 7 }, 'the hook hooks/before_suite.sh exited with status 7'],
    [
      'kill -KILL $$',
      { signal: 'SIGKILL' },
      'the hook hooks/before_suite.sh was killed by SIGKILL',
    ],
  ])('that ends with %s has failed, and its last lines are told', async (text, end, message) => {
    const { run } = await makeBench();
    expect(await run(line(`echo first; echo why >&2; ${text}`))).toMatchObject({
      status: 'failed',
      ...end,
      failure: { kind: 'hook_failed', message, output: ['first', 'why'] },
    });
  });

  it.each([
    ['without a file', null, /could not be started: command not found/],
    ['whose interpreter does not exist', '#!/no/such/shell\n', /no\/such\/shell/],
  ])('%s has failed', async (_, text, message) => {
    const { run, script, root } = await makeBench();
    const program: HookProgram =
      text === null
        ? { kind: 'script', file: path.join(root, 'gone'), interpreter: [], args: [] }
        : await script(text);
    const end = await run(program);
    expect(end).toMatchObject({ status: 'failed', failure: { kind: 'hook_failed' } });
    expect(end.failure?.message).toMatch(message);
  });

  it('without a first line is run by sh', async () => {
    const { run, script } = await makeBench();
    for (const node of ['controller', 'node1']) {
      const end = await run(await script('echo from sh\n'), { node });
      expect(end).toMatchObject({ status: 'ok', output: ['from sh'] });
    }
  });

  it('whose time is up is dead with its whole tree, though it ignores TERM, and its copy is gone', async () => {
    const { run, script, root } = await makeBench();
    const pids = path.join(root, 'pids');
    const program = await script(`#!/bin/sh
trap '' TERM
setsid sh -c 'trap "" TERM; echo $$ >> "$PIDS"; while :; do sleep 1; done' &
echo $$ >> "$PIDS"; echo hanging
while :; do sleep 1; done
`);
    const end = await run(program, { node: 'node1', timeoutMs: 500, env: { PIDS: pids } });
    expect(end).toMatchObject({
      status: 'failed',
      isTimedOut: true,
      left: null,
      failure: { message: 'the hook hooks/before_suite.sh did not end within 0.5 s' },
      output: ['hanging'],
    });
    const found = (await readFile(pids, 'utf8')).trim().split('\n');
    expect(found).toHaveLength(2);
    expect(found.map((pid) => isAlive(Number(pid)))).toEqual([false, false]);
    expect(readdirSync(path.join(root, 'node'))).toEqual([]);
  });

  it('that is cut off by the signal has not failed', async () => {
    const { run } = await makeBench();
    const controller = new AbortController();
    const end = run(line('sleep 60'), { signal: controller.signal });
    controller.abort();
    expect(await end).toMatchObject({ status: 'cancelled', failure: null });
  });

  it('that comes after something gets a while after the signal, and has failed where it needs more', async () => {
    const { run } = await makeBench();
    const signal = AbortSignal.abort();
    const quick = await run(line('echo cleaned'), { signal, patienceMs: 10_000 });
    expect(quick).toMatchObject({ status: 'ok', output: ['cleaned'] });
    const slow = await run(line('echo begun; sleep 60'), { signal, patienceMs: 700 });
    expect(slow).toMatchObject({
      status: 'failed',
      isTimedOut: false,
      failure: {
        kind: 'hook_failed',
        message: expect.stringContaining(
          'did not end within 0.7 s after the run was told to stop',
        ) as string,
      },
    });
  });

  it('that prints nothing but blank lines has no last lines, and blank ones around others go', async () => {
    const { run } = await makeBench();
    expect(await run(line('echo; echo " "; exit 3'))).toMatchObject({ output: [] });
    expect(await run(line('printf "\\n a\\n\\nb\\n\\n"'))).toMatchObject({
      output: [' a', '', 'b'],
    });
  });

  it('may leave its input alone, and print more than is kept', async () => {
    const { run, log } = await makeBench();
    const end = await run(line('yes line | head -c 20000000; echo; echo last'), {
      input: 'x'.repeat(1_000_000),
    });
    expect(end).toMatchObject({ status: 'ok', unlogged: null });
    expect(end.output.at(-1)).toBe('last');
    const text = await log();
    expect(text.length).toBeLessThan(16.1 * 1024 * 1024);
    expect(text.trimEnd().endsWith('… the rest is not kept: it is more than 16 MiB')).toBe(true);
  });

  it('has known secrets masked in its log and its last lines, and whole lines of both streams', async () => {
    const { run, log } = await makeBench();
    const [head, tail] = [SECRET.slice(0, 9), SECRET.slice(9)];
    const end = await run(
      line(`printf 'a key: ${head}'; printf 'other\\n' >&2; sleep 0.1; printf '%s\\n' '${tail}'`),
    );
    expect(end.output).toEqual(['other', 'a key: ***']);
    expect(await log()).not.toContain(tail);
  });

  it('runs although its log cannot be written, which is told', async () => {
    const { run, root } = await makeBench();
    const file = path.join(root, 'a file');
    await writeFile(file, '');
    const end = await run(line('echo done'), { log: path.join(file, 'hooks/x.log') });
    expect(end).toMatchObject({ status: 'ok', output: ['done'] });
    expect(end.unlogged).toContain('ENOTDIR');
    expect((await stat(file)).size).toBe(0);
    expect(existsSync(path.join(root, 'results'))).toBe(false);
  });
});

describe.skipIf(SSHD_MISSING !== null)('a hook on a node that is reached over SSH', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  it('has its environment, its event and its arguments, and leaves nothing there', async () => {
    const { run, script, root } = await makeBench();
    const program = await script(
      `#!/bin/sh\necho "$PLAYBOOK_NODE $PLAYBOOK_CONTROLLER $A $1"; cat\ntr '\\0' ' ' < /proc/$$/cmdline | grep -c TOKEN\nexit 7\n`,
    );
    const end = await run({ ...program, args: ['now'] } as HookProgram, {
      remote: sshd.nodeSpec({ name: 'gpu1' }),
      env: { A: "it's $(touch x)", TOKEN: 'TOKEN' },
      input: '{"point":"before_suite"}\n',
    });
    expect(end).toMatchObject({
      ...{ status: 'failed', exitCode: 7, left: null },
      output: ["gpu1 abcdef it's $(touch x) now", '{"point":"before_suite"}', '0'],
      failure: { node: 'gpu1' },
    });
    expect(readdirSync(path.join(root, 'node'))).toEqual([]);
  });

  it('whose node is lost while it runs has failed, and may still be there', async () => {
    const { run } = await makeBench();
    const signal = AbortSignal.timeout(15_000);
    const started = path.join(sshd.folder, 'started');
    const end = run(line(`touch '${started}'; exec sleep 30`), {
      remote: sshd.nodeSpec({ name: 'gpu1' }),
      signal,
    });
    while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 10));
    await sshd.kill();
    expect(await end).toMatchObject({
      status: 'failed',
      failure: { kind: 'hook_failed', cause: { kind: 'connection_lost' } },
      left: { kind: 'left_behind' },
    });
    await sshd.restart();
  });

  it('that cannot be reached has failed for that reason', async () => {
    const { run } = await makeBench();
    const end = await run(line('true'), {
      remote: sshd.nodeSpec({ name: 'gpu1', port: 1 }),
    });
    expect(end).toMatchObject({
      status: 'failed',
      left: null,
      failure: { kind: 'hook_failed', cause: { kind: 'unreachable' } },
    });
  });
});
