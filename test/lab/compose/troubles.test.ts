import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RunningService, ServiceEvent } from '../../../src/deploy/backend.js';
import type { Command, CommandResult } from '../../../src/model/command.js';
import type { Outcome } from '../../../src/model/failure.js';
import type { Connection, ExecOptions } from '../../../src/remote/connection.js';
import { createRedactor } from '../../../src/remote/redaction.js';
import { type ManualClock, createManualClock } from '../../support/manual-clock.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { type Bench, IMAGE, NO_DOCKER, dockerNodeWith, openBench } from './docker-bench.js';

const never = new AbortController().signal;
const nothing = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), durationMs: 1 };
const DAEMON_GONE = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.';

/** What stands between the backend and the node: changed by the tests. */
interface Trouble {
  /** Added to the environment of every command. */
  env: Record<string, string>;
  /** Takes the place of a command that it knows. */
  instead: (command: Command) => Promise<CommandResult> | null;
  /** Ends the commands that pass as if something had happened to them. */
  breakOff: (passes: (command: Command) => boolean, result: CommandResult) => void;
  readonly seen: Command[];
}

const node = dockerNodeWith('v2') ?? dockerNodeWith('v1');

describe.skipIf(node === null)(`containers in trouble${node ? '' : ` (${NO_DOCKER})`}`, () => {
  let bench: Bench;
  let trouble: Trouble;
  const open = async (options: Parameters<typeof openBench>[1] = {}) => {
    if (!node) throw new Error(NO_DOCKER);
    trouble = createTrouble();
    bench = await openBench(node, {
      wrap: (connection) => intercept(connection, trouble),
      ...options,
    });
    bench.write(
      'docker-compose.yml',
      JSON.stringify({
        services: {
          engine: {
            image: IMAGE,
            network_mode: 'none',
            command: [
              '/bin/sh',
              '-c',
              'echo the password is hunter2; until [ -e /go ]; do sleep 0.05; done; exit 6',
            ],
            stop_grace_period: '1s',
          },
        },
      }),
    );
  };
  beforeEach(() => open());
  afterEach(() => bench.close());

  const up = async (): Promise<RunningService> =>
    valueOf(await bench.backend.up(bench.deployment, bench.service('engine'), never));
  const exitOf = async (running: RunningService) => {
    for await (const event of bench.backend.watch(running, never)) {
      if (event.type === 'exited') return event.exit;
    }
    throw new Error('it never ended');
  };
  const idOf = ({ description }: RunningService) => description.replace('container ', '');
  const letGo = (running: RunningService) => bench.docker('exec', idOf(running), 'touch', '/go');
  const isEvents = ({ argv }: Command) => argv[1] === 'events';

  it('are heard of over one stream, however many services and watchers there are', async () => {
    const running = await up();
    const watching = [exitOf(running), exitOf(running)];
    letGo(running);
    for (const exit of await Promise.all(watching)) expect(exit.exitCode).toBe(6);
    expect(trouble.seen.filter(isEvents)).toHaveLength(1);
  });

  it('are heard of again when the stream breaks, also of what happened meanwhile', async () => {
    const running = await up();
    const watching = exitOf(running);
    letGo(running);
    trouble.breakOff(isEvents, { ...nothing, termination: 'exited', exitCode: 1 });
    expect((await watching).exitCode).toBe(6);
  });

  it('are lost when the daemon stays away', async () => {
    await bench.close();
    const clock = createManualClock();
    await open({ clock });
    const running = await up();
    const watching = exitOf(running);
    trouble.instead = ({ argv }) =>
      argv[1] === 'events' || argv[1] === 'inspect'
        ? Promise.resolve({
            ...nothing,
            stderr: Buffer.from(DAEMON_GONE),
            termination: 'exited',
            exitCode: 1,
          })
        : null;
    trouble.breakOff(isEvents, { ...nothing, termination: 'exited', exitCode: 1 });
    await passTime(clock, watching);
    expect(await watching).toMatchObject({ isLost: true, description: DAEMON_GONE });
    trouble.instead = () => null;
    expect(await bench.backend.down(running)).toEqual({ ok: true, value: undefined });
  });

  it('are found again by their labels after the connection to them was lost', async () => {
    await bench.close();
    const clock = createManualClock();
    await open({ clock });
    const running = await up();
    const watching = exitOf(running);
    const lost = { ...nothing, termination: 'connection-lost', reason: 'reset by peer' } as const;
    trouble.instead = () => Promise.resolve(lost);
    trouble.breakOff(() => true, lost);
    await passTime(clock, watching);
    expect(await watching).toMatchObject({ isLost: true });
    expect(await bench.backend.down(running)).toMatchObject({
      ok: false,
      failure: { kind: 'connection_lost' },
    });
    trouble.instead = () => null;
    expect(valueOf(await bench.backend.leftovers(bench.deployment))).toHaveLength(1);
    expect(await bench.backend.down(running)).toEqual({ ok: true, value: undefined });
    expect(valueOf(await bench.backend.leftovers(bench.deployment))).toEqual([]);
  });

  it('are told to another process that comes later, with all that happened', async () => {
    const running = await up();
    letGo(running);
    expect((await exitOf(running)).exitCode).toBe(6);
    const events: ServiceEvent[] = [];
    for await (const event of bench.another().watch({ ...running }, never)) events.push(event);
    expect(events).toMatchObject([{ type: 'exited', exit: { exitCode: 6, isLost: false } }]);
  });

  it('that somebody else removes are told to be removed', async () => {
    const running = await up();
    const watching = exitOf(running);
    bench.docker('rm', '-f', idOf(running));
    expect((await watching).description).toMatch(/removed|SIGKILL/);
    expect(await bench.backend.down(running)).toEqual({ ok: true, value: undefined });
    const to = `${await makeTempFolder()}/engine.log`;
    expect(await bench.backend.saveLog(running, to, never)).toMatchObject({ ok: false });
  });

  it('keep their secrets, in what is shown and in what is saved', async () => {
    await bench.close();
    await open({ redactor: createRedactor(['hunter2']) });
    const running = await up();
    for await (const line of bench.backend.followLog(running, never)) {
      expect(line).toBe('the password is ***');
      break;
    }
    expect(await bench.backend.lastLines(running, 1)).toEqual(['the password is ***']);
  });

  describe('a node', () => {
    const problems = () => bench.backend.check(bench.deployment.node, never);

    it('without docker is told', async () => {
      trouble.env = { PATH: '/nonexistent' };
      expect(await problems()).toMatchObject([
        { kind: 'runtime_missing', message: 'docker is not installed' },
      ]);
    });

    it('whose daemon is stopped is told, and asked again', async () => {
      trouble.env = { DOCKER_HOST: 'unix:///nonexistent.sock' };
      const [problem] = await problems();
      expect(problem).toMatchObject({ kind: 'runtime_missing' });
      expect(problem?.message).toContain('the docker daemon does not answer: Cannot connect');
      expect(problem?.hint).toContain('systemctl start docker');
      trouble.env = {};
      expect(await problems()).toEqual([]);
      const asked = trouble.seen.length;
      expect(await problems()).toEqual([]);
      expect(trouble.seen).toHaveLength(asked);
    });
  });
});

/** Lets a clock go on until something has happened. */
async function passTime(clock: ManualClock, until: Promise<unknown>): Promise<void> {
  const over = until.then(() => true);
  const due = async () => {
    await clock.sleeping();
    return false;
  };
  while (!(await Promise.race([over, due()]))) await clock.advance(500);
}

function createTrouble(): Trouble {
  return { env: {}, instead: () => null, breakOff: () => undefined, seen: [] };
}

function intercept(connection: Connection, trouble: Trouble): Connection {
  const cuts: { readonly command: Command; readonly cut: (result: CommandResult) => void }[] = [];
  trouble.breakOff = (passes, result) => {
    for (const { command, cut } of cuts.splice(0)) if (passes(command)) cut(result);
  };
  return {
    ...connection,
    async exec(command: Command, options?: ExecOptions) {
      trouble.seen.push(command);
      const instead = trouble.instead(command);
      if (instead) return instead;
      const { env } = trouble;
      const stop = new AbortController();
      options?.signal?.addEventListener('abort', () => stop.abort());
      const broken = new Promise<CommandResult>((resolve) => {
        cuts.push({
          command,
          cut(result) {
            resolve(result);
            stop.abort();
          },
        });
      });
      const changed = { ...command, env: { ...command.env, ...env } };
      return Promise.race([broken, connection.exec(changed, { ...options, signal: stop.signal })]);
    },
  };
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.kind}: ${outcome.failure.message}`);
  return outcome.value;
}
