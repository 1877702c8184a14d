import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type {
  Deployment,
  DeploymentBackend,
  RunningService,
  ServiceEvent,
} from '../../src/deploy/backend.js';
import type { Outcome } from '../../src/model/failure.js';
import type { HealthCheck, ProcessSpec, ServiceSpec } from '../../src/model/service.js';
import { makeTempFolder } from '../support/temp-folder.js';

/** A service as the suite wants it; the kind of backend decides how its spec says that. */
export interface WantedService {
  readonly id?: string;
  /** A script for `sh`, or a program with its arguments. */
  readonly run: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stopGracePeriodMs?: number;
  readonly stopSignal?: ProcessSpec['stopSignal'];
  readonly healthCheck?: Partial<HealthCheck>;
}

/** One kind of backend, on a node where the suite may do what it likes. */
export interface BackendUnderTest {
  readonly backend: DeploymentBackend;
  /** Another backend of the same kind, as another process would have it after the first one died. */
  readonly another: () => DeploymentBackend;
  readonly deployment: Deployment;
  readonly serviceSpec: (wanted: WantedService) => ServiceSpec;
  /** What a service wrote to this file in its working folder. */
  readonly readWorkingFile: (name: string) => Promise<Buffer>;
  /** Ends the service's first process by SIGKILL, as an administrator or the kernel would. */
  readonly kill: (running: RunningService) => Promise<void>;
  /** The run, scenario, node and service of which the running thing itself says that it belongs to them. */
  readonly ownerOf: (running: RunningService) => Promise<readonly (string | undefined)[]>;
  /** What the service wrote, of a log that was saved. */
  readonly outputIn: (log: Buffer) => Buffer;
  /** The same node, for another run or node name. */
  readonly otherDeployment: (changes: Partial<Deployment>) => Deployment;
  readonly close: () => Promise<void>;
}

/** In what the kinds may differ. */
export interface BackendTraits {
  /** Logs can be read when the service was removed; otherwise they go with it. */
  readonly logsOutliveServices: boolean;
  /** Logs are bytes; otherwise text. */
  readonly logsAreBytes: boolean;
}

/** What every `DeploymentBackend` has to do. */
export function describeBackend(
  kind: string,
  traits: BackendTraits,
  open: () => Promise<BackendUnderTest>,
): void {
  describe(`the ${kind} backend`, () => {
    let test: BackendUnderTest;
    let backend: DeploymentBackend;
    const never = new AbortController().signal;

    beforeEach(async () => {
      test = await open();
      ({ backend } = test);
    });
    afterEach(async () => {
      await backend.purge(test.deployment);
      await test.close();
    });

    const up = async (wanted: WantedService): Promise<RunningService> =>
      valueOf(await backend.up(test.deployment, test.serviceSpec(wanted), never));
    const leftovers = async () => valueOf(await backend.leftovers(test.deployment));
    /** The first event of the type asked for. */
    const event = async <T extends ServiceEvent['type']>(running: RunningService, type: T) => {
      for await (const seen of backend.watch(running, never)) {
        if (seen.type === type) return seen as Extract<ServiceEvent, { type: T }>;
      }
      throw new Error(`never ${type}`);
    };
    const untilLogged = async (running: RunningService, text: string) => {
      for await (const line of backend.followLog(running, never)) {
        if (line.includes(text)) return line;
      }
      throw new Error(`never logged ${text}`);
    };
    const savedLog = async (running: RunningService) => {
      const to = path.join(await makeTempFolder(), 'service.log');
      expect(await backend.saveLog(running, to, never)).toEqual({ ok: true, value: undefined });
      return test.outputIn(await readFile(to));
    };
    const HEALTH = {
      intervalMs: 20,
      timeoutMs: 5_000,
      retries: 3,
      startPeriodMs: 0,
      startIntervalMs: 20,
    };

    it('finds nothing wrong with a node that can run services', async () => {
      expect(await backend.check(test.deployment.node, never)).toEqual([]);
      expect(await backend.prepare(test.deployment, never)).toEqual({ ok: true, value: undefined });
    });

    describe('a service that ends', () => {
      it('at once with an error is told at once, with its last lines', async () => {
        const running = await up({
          run: 'echo starting; sleep 0.05; echo "no GPU found" >&2; exit 3',
        });
        const { exit } = await event(running, 'exited');
        expect(exit).toMatchObject({ exitCode: 3, signal: null, isLost: false });
        expect(exit.description).toBe('exited with status 3');
        expect(await backend.lastLines(running, 5)).toEqual(['starting', 'no GPU found']);
      });

      it('with success is told as such', async () => {
        const running = await up({ run: ['true'] });
        expect((await event(running, 'exited')).exit.exitCode).toBe(0);
      });

      it('by a signal is told with the signal', async () => {
        const running = await up({ run: 'sleep 60' });
        await test.kill(running);
        const { exit } = await event(running, 'exited');
        expect(exit).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
        expect(exit.description).toBe('killed by SIGKILL');
      });

      it('later is told then, and to everybody who watches', async () => {
        const running = await up({ run: 'until [ -e go ]; do sleep 0.01; done; exit 9' });
        const watching = [event(running, 'exited'), event(running, 'exited')];
        const trigger = await up({ id: 'trigger', run: 'touch go' });
        for (const { exit } of await Promise.all(watching)) expect(exit.exitCode).toBe(9);
        expect((await event(running, 'exited')).exit.exitCode).toBe(9);
        expect((await event(trigger, 'exited')).exit.exitCode).toBe(0);
      });

      it('is told though something it forked goes on', async () => {
        const running = await up({ run: 'sleep 60 & exit 4', stopGracePeriodMs: 200 });
        expect((await event(running, 'exited')).exit.exitCode).toBe(4);
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        expect(await leftovers()).toEqual([]);
      });
    });

    it('stops telling when nobody wants to know any more', async () => {
      const running = await up({ run: 'sleep 60' });
      const cancel = new AbortController();
      const watching = collect(backend.watch(running, cancel.signal));
      const following = collect(backend.followLog(running, cancel.signal));
      cancel.abort();
      expect(await watching).toEqual([]);
      expect(await following).toEqual([]);
    });

    describe('a health check', () => {
      it('that passes makes the service healthy', async () => {
        const running = await up({
          run: 'sleep 0.05; touch fine; sleep 60',
          healthCheck: { ...HEALTH, argv: ['test', '-e', 'fine'], retries: 1_000 },
        });
        expect(await event(running, 'healthy')).toEqual({ type: 'healthy' });
      });

      it('that keeps failing makes it unhealthy, and says what it printed', async () => {
        const running = await up({
          run: 'sleep 60',
          healthCheck: {
            ...HEALTH,
            argv: ['/bin/sh', '-c', 'echo "no answer from :8000"; exit 7'],
          },
        });
        const { message } = await event(running, 'unhealthy');
        expect(message).toContain('3 times');
        expect(message).toContain('status 7');
        expect(message).toContain('no answer from :8000');
      });

      it('that hangs fails when its time is up', async () => {
        const running = await up({
          run: 'sleep 60',
          healthCheck: { ...HEALTH, argv: ['sleep', '60'], timeoutMs: 50, retries: 1 },
        });
        expect((await event(running, 'unhealthy')).message).toContain('0.05 s');
      });

      it('runs once, however many watch, with the variables of the service', async () => {
        const running = await up({
          run: 'sleep 60',
          env: { NAME: '$(odd) "value"' },
          healthCheck: {
            ...HEALTH,
            argv: ['/bin/sh', '-c', 'echo "$NAME" >> checks; test "$(wc -l < checks)" -ge 5'],
            retries: 1_000,
          },
        });
        await Promise.all([event(running, 'healthy'), event(running, 'healthy')]);
        const lines = (await test.readWorkingFile('checks')).toString().trim().split('\n');
        expect(new Set(lines)).toEqual(new Set(['$(odd) "value"']));
        expect(lines.length).toBeGreaterThanOrEqual(5);
        // Two that check would have written twice as much.
        expect(lines.length).toBeLessThan(10);
      });

      it('says no more once the service has ended', async () => {
        const running = await up({
          run: 'sleep 0.1',
          healthCheck: { ...HEALTH, argv: ['sleep', '60'] },
        });
        const events = await collect(backend.watch(running, never));
        expect(events.map(({ type }) => type)).toEqual(['exited']);
      });
    });

    describe('what a service is given', () => {
      it('arrives as the same bytes, and runs nothing', async () => {
        const odd = [
          'P@$$w0rd',
          `it's "quoted"`,
          'two\nlines\n',
          '$(touch x)',
          '`touch y`',
          '-n',
          '',
          ' ',
          '*',
        ];
        const env = Object.fromEntries(odd.map((text, index) => [`ODD_${index}`, text]));
        const names = Object.keys(env);
        const running = await up({
          run: [
            '/bin/sh',
            '-c',
            'for text; do printf "%s\\0" "$text"; done > args; for name in ' +
              `${names.join(' ')}; do eval "printf '%s\\0' \\"\\$$name\\""; done > values`,
            'sh',
            ...odd,
          ],
          env,
        });
        expect((await event(running, 'exited')).exit.exitCode).toBe(0);
        for (const file of ['args', 'values']) {
          const texts = (await test.readWorkingFile(file)).toString().split('\0').slice(0, -1);
          expect(texts).toEqual(odd);
        }
        await expect(test.readWorkingFile('x')).rejects.toThrow();
        await expect(test.readWorkingFile('y')).rejects.toThrow();
      });

      it('includes variables that no shell would pass on', async () => {
        const env = {
          'discovery.type': 'single-node',
          IFS: 'x',
          log: 'debug',
          record: 'r',
          group: 'g',
        };
        const running = await up({ run: ['env'], env });
        await event(running, 'exited');
        const lines = (await savedLog(running)).toString().split('\n');
        for (const entry of Object.entries(env)) expect(lines).toContain(entry.join('='));
      });

      it('says to whom it belongs', async () => {
        const running = await up({ run: 'sleep 60' });
        const { run, scenario, node } = test.deployment;
        expect(await test.ownerOf(running)).toEqual([run, scenario, node.name, running.service.id]);
      });
    });

    describe('the log', () => {
      it('holds every line of both streams', async () => {
        const long = 'x'.repeat(10_000);
        const running = await up({ run: `echo out; echo err >&2; echo ${long}; printf end` });
        await event(running, 'exited');
        const lines = (await savedLog(running)).toString().split('\n');
        expect(lines.sort()).toEqual(['end', 'err', 'out', long]);
      });

      it.runIf(traits.logsAreBytes)('holds every byte of both streams', async () => {
        const running = await up({
          run: `printf 'a\\0b\\303'; printf '\\274\\n' >&2; head -c 300000 /dev/zero; printf 'end'`,
        });
        await event(running, 'exited');
        await backend.down(running);
        const wanted = Buffer.concat([
          Buffer.from('a\0bü\n'),
          Buffer.alloc(300_000),
          Buffer.from('end'),
        ]);
        expect((await savedLog(running)).equals(wanted)).toBe(true);
      });

      it('is followed from its beginning, line by line, to its end', async () => {
        const running = await up({
          run: 'i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i+1)); done; sleep 0.05; printf last',
        });
        const lines = await collect(backend.followLog(running, never));
        expect(lines).toEqual([...Array.from({ length: 500 }, (_, i) => `line ${i}`), 'last']);
      });

      it('is followed as it is written', async () => {
        const running = await up({ run: 'echo ready; sleep 60' });
        expect(await untilLogged(running, 'ready')).toBe('ready');
      });

      it('can be read when the service ended long ago', async () => {
        const running = await up({ run: 'echo one; echo two; echo three' });
        await event(running, 'exited');
        if (traits.logsOutliveServices) await backend.down(running);
        expect(await collect(backend.followLog(running, never))).toEqual(['one', 'two', 'three']);
        expect(await backend.lastLines(running, 2)).toEqual(['two', 'three']);
      });

      it('shows the lines of the last start', async () => {
        const first = await up({ run: 'echo first; exit 1' });
        await event(first, 'exited');
        await backend.down(first);
        const second = await up({ run: 'echo second' });
        await event(second, 'exited');
        expect(await backend.lastLines(second, 10)).toEqual(['second']);
        expect(await collect(backend.followLog(second, never))).toEqual(['second']);
        expect((await savedLog(second)).toString()).toBe(
          traits.logsOutliveServices ? 'first\nsecond\n' : 'second\n',
        );
      });

      it('that cannot be saved is a failure that leaves no file', async () => {
        const running = await up({ run: 'echo x' });
        const folder = await makeTempFolder();
        await mkdir(path.join(folder, 'taken.log.part'));
        const saved = await backend.saveLog(running, path.join(folder, 'taken.log'), never);
        expect(saved).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
        expect(await readdir(folder)).toEqual(['taken.log.part']);
      });
    });

    describe('stopping', () => {
      it('sends the stop signal, and waits as long as the service may take', async () => {
        const running = await up({
          run: `trap 'sleep 0.1; echo stopped > how; exit 0' INT; echo ready; while :; do sleep 0.01; done`,
          stopSignal: 'SIGINT',
        });
        await untilLogged(running, 'ready');
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        expect((await test.readWorkingFile('how')).toString()).toBe('stopped\n');
        expect(await leftovers()).toEqual([]);
      });

      it('sends the stop signal once', async () => {
        const running = await up({
          run: `trap 'echo signal >> signals; (sleep 0.3; echo done >> signals) & wait; exit 0' TERM
            echo ready; while :; do sleep 0.01; done`,
        });
        await untilLogged(running, 'ready');
        await backend.down(running);
        expect((await test.readWorkingFile('signals')).toString()).toMatch(/^signal\n(done\n)?$/);
      });

      it('kills what does not obey', async () => {
        const running = await up({
          run: `trap '' TERM; echo ready; sleep 60; sleep 60`,
          stopGracePeriodMs: 150,
        });
        await untilLogged(running, 'ready');
        const begin = performance.now();
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        expect(performance.now() - begin).toBeGreaterThan(140);
        expect(await leftovers()).toEqual([]);
      });

      it('takes what the service forked with it, whatever it did to escape', async () => {
        const running = await up({
          run: `
            sleep 61 &
            (trap '' TERM; sleep 62; sleep 62) &
            setsid sh -c 'sleep 63 & sleep 64' &
            (setsid sh -c 'trap "" TERM; echo ready; sleep 65; sleep 65' &)
            wait`,
          stopGracePeriodMs: 150,
        });
        await untilLogged(running, 'ready');
        expect(await leftovers()).not.toEqual([]);
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        expect(await leftovers()).toEqual([]);
      });

      it('works again, and on what was gone before', async () => {
        const running = await up({ run: 'sleep 60' });
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        const neverRan = { ...running, service: test.serviceSpec({ id: 'never', run: ['true'] }) };
        expect(await backend.down(neverRan)).toEqual({ ok: true, value: undefined });
      });

      it('is finished, again and again, when nothing runs any more', async () => {
        const running = await up({ run: 'sleep 60' });
        expect(await backend.down(running)).toEqual({ ok: true, value: undefined });
        for (let times = 0; times < 2; times += 1) {
          expect(await backend.finish(test.deployment)).toEqual({ ok: true, value: undefined });
        }
        expect(await leftovers()).toEqual([]);
      });

      it('ends the watching and the following', async () => {
        const running = await up({ run: 'echo hello; sleep 60' });
        const events = collect(backend.watch(running, never));
        const lines = collect(backend.followLog(running, never));
        await untilLogged(running, 'hello');
        await backend.down(running);
        expect((await events).map(({ type }) => type)).toEqual(['exited']);
        expect(await lines).toEqual(['hello']);
      });

      it('can be done by another process', async () => {
        const running = await up({
          run: `setsid sleep 66 & trap 'echo stopped > how; exit' TERM; echo ready; while :; do sleep 0.01; done`,
        });
        await untilLogged(running, 'ready');
        expect(await test.another().down({ ...running })).toEqual({ ok: true, value: undefined });
        expect((await event(running, 'exited')).exit.isLost).toBe(false);
        expect((await test.readWorkingFile('how')).toString()).toBe('stopped\n');
        expect(await leftovers()).toEqual([]);
      });
    });

    describe('what is left over', () => {
      it('is listed, and purged', async () => {
        const running = await up({ run: `trap '' TERM; setsid sleep 67 & sleep 68; sleep 69` });
        const all = await leftovers();
        expect(all.length).toBeGreaterThan(0);
        for (const { node, kind } of all) {
          expect([node, kind]).toEqual([test.deployment.node.name, all[0]?.kind]);
        }
        expect(await test.another().purge(test.deployment)).toEqual({ ok: true, value: undefined });
        expect(await leftovers()).toEqual([]);
        expect((await event(running, 'exited')).exit.exitCode ?? 137).toBe(137);
      });

      it('is nothing of another run, scenario or node', async () => {
        const running = await up({ run: 'echo ready; sleep 60' });
        await untilLogged(running, 'ready');
        const { node } = test.deployment;
        for (const other of [
          test.otherDeployment({ run: 'another-run' }),
          test.otherDeployment({ scenario: 'another' }),
          test.otherDeployment({ node: { ...node, name: 'another' } }),
        ]) {
          expect(await backend.leftovers(other)).toEqual({ ok: true, value: [] });
          expect(await backend.purge(other)).toEqual({ ok: true, value: undefined });
        }
        expect(await leftovers()).not.toEqual([]);
      });
    });

    it('starts nothing when it is cancelled before', async () => {
      const service = test.serviceSpec({ run: 'touch started' });
      const outcome = await backend.up(test.deployment, service, AbortSignal.abort());
      expect(outcome).toMatchObject({
        ok: false,
        failure: { kind: 'cancelled', service: service.id },
      });
      await expect(test.readWorkingFile('started')).rejects.toThrow();
    });

    it('lets a service run on when the signal of its start aborts later', async () => {
      const cancel = new AbortController();
      const service = test.serviceSpec({ run: 'echo ready; sleep 60' });
      const running = valueOf(await backend.up(test.deployment, service, cancel.signal));
      cancel.abort();
      await untilLogged(running, 'ready');
      expect(await leftovers()).not.toEqual([]);
    });
  });
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.kind}: ${outcome.failure.message}`);
  return outcome.value;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of source) all.push(value);
  return all;
}
