import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import type { ComposeVersion } from '../../../lab/nodes/layout.js';
import type { RunningService, ServiceEvent } from '../../../src/deploy/backend.js';
import { projectName } from '../../../src/deploy/compose/names.js';
import type { Outcome } from '../../../src/model/failure.js';
import type { ServiceSpec } from '../../../src/model/service.js';
import {
  type Bench,
  IMAGE,
  NO_DOCKER,
  dockerNodeWith,
  openBench,
  uniqueName,
} from './docker-bench.js';

const never = new AbortController().signal;
const DONE = { ok: true, value: undefined };

/** What compose and docker do when something is wrong, with one kind of compose. */
export function describeContainers(version: ComposeVersion): void {
  const node = dockerNodeWith(version);
  describe.skipIf(node === null)(
    `containers with compose ${version}${node ? '' : ` (${NO_DOCKER})`}`,
    () => {
      let bench: Bench;
      beforeEach(async () => {
        if (node) bench = await openBench(node);
      });
      afterEach(() => bench.close());

      const compose = (services: object, more: object = {}) =>
        bench.write('docker-compose.yml', JSON.stringify({ services, ...more }));
      const prepare = (...services: ServiceSpec[]) =>
        bench.backend.prepare(bench.deployment, never, services);
      const up = async (service: ServiceSpec): Promise<RunningService> =>
        valueOf(await bench.backend.up(bench.deployment, service, never));
      const leftovers = async () => valueOf(await bench.backend.leftovers(bench.deployment));
      const event = async <T extends ServiceEvent['type']>(running: RunningService, type: T) => {
        for await (const seen of bench.backend.watch(running, never)) {
          if (seen.type === type) return seen as Extract<ServiceEvent, { type: T }>;
        }
        throw new Error(`never ${type}`);
      };
      const project = () => projectName(bench.deployment);
      const stranger = (...options: string[]) => {
        const name = uniqueName('stranger');
        bench.docker('run', '-d', '--name', name, ...options, IMAGE, 'sleep', '600');
        onTestFinished(() => void bench.docker('rm', '-f', name));
        return name;
      };
      const isRunning = (name: string) =>
        bench.docker('inspect', '--format', '{{.State.Running}}', name) === 'true';
      const busybox = (command: string | readonly string[], more: object = {}) => ({
        image: IMAGE,
        command: typeof command === 'string' ? ['/bin/sh', '-c', command] : command,
        stop_grace_period: '1s',
        ...more,
      });

      it('are made ahead of their turn, labelled, and leave nothing', async () => {
        const outside = uniqueName('outside');
        bench.docker('network', 'create', outside);
        onTestFinished(() => void bench.docker('network', 'rm', outside));
        compose(
          {
            a: busybox('sleep 60', { volumes: ['data:/data', '/anonymous'], depends_on: ['b'] }),
            b: busybox('sleep 60', { networks: ['back', 'outside'], profiles: ['gpu'] }),
            c: busybox('sleep 60'),
          },
          {
            networks: { back: {}, outside: { external: true, name: outside } },
            volumes: { data: {} },
          },
        );
        const [a, b] = [bench.service('a'), bench.service('b@x', { name: 'b' })];
        expect(await prepare(a, b)).toEqual(DONE);
        expect((await leftovers()).map(({ kind }) => kind).sort()).toEqual([
          'container',
          'container',
          'network',
          'network',
          'volume',
        ]);
        const filter = ['--filter', `label=playbook.run=${bench.deployment.run}`];
        expect(
          bench
            .docker('ps', '-a', ...filter, '--format', '{{.Label "playbook.service"}}')
            .split('\n')
            .sort(),
        ).toEqual(['a', 'b@x']);
        expect(bench.docker('network', 'ls', '-q', ...filter).split('\n')).toHaveLength(2);
        expect(bench.docker('volume', 'ls', '-q', ...filter).split('\n')).toHaveLength(1);
        const volumes = bench.docker('volume', 'ls', '-q').split('\n').length;

        const running = await up(b);
        expect(await bench.backend.finish(bench.deployment)).toMatchObject({
          ok: false,
          failure: { kind: 'left_behind' },
        });
        expect(await bench.backend.down(running)).toEqual(DONE);
        expect(await bench.backend.finish(bench.deployment)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
        // The named one and the anonymous one, if that was still there when they were counted.
        expect(bench.docker('volume', 'ls', '-q').split('\n').filter(Boolean).length).toBeLessThan(
          volumes,
        );
        expect(bench.docker('network', 'ls', '--format', '{{.Name}}').split('\n')).toContain(
          outside,
        );
      });

      it('are just what compose makes by hand in that folder', async () => {
        bench.write(
          'sub/.env',
          [
            "PASSWORD='P@$$w0rd'",
            'QUOTED="it\'s \\"quoted\\""',
            'RUN=$(touch x)',
            'EMPTY=',
            `IMAGE=${IMAGE}`,
            '',
          ].join('\n'),
        );
        bench.write(
          'sub/one.env',
          'A=P@$$w0rd\nB=\'$(touch x)\'\nC="two words"\nD=`touch y`\n#no\n',
        );
        bench.write('sub/base.yml', JSON.stringify({ services: { base: { image: '${IMAGE}' } } }));
        bench.write(
          'sub/c.yml',
          JSON.stringify({
            services: {
              engine: {
                extends: { file: 'base.yml', service: 'base' },
                command: ['sh', '-c', 'echo "$$A"', '${PASSWORD}', '$$(touch x)'],
                env_file: 'one.env',
                environment: {
                  P: '${PASSWORD}',
                  Q: '${QUOTED}',
                  R: '${RUN}',
                  U: '${UNSET:-no}',
                  FROM: null,
                },
                volumes: ['./data:/data', 'named:/named'],
                profiles: ['gpu'],
              },
            },
            volumes: { named: {} },
          }),
        );
        const deployment = { ...bench.deployment, variables: { FROM: 'here $x' } };
        const service = bench.service('engine', { composeFile: 'sub/c.yml' });
        expect(await bench.backend.prepare(deployment, never, [service])).toEqual(DONE);

        const hand = uniqueName('byhand');
        const words =
          version === 'v1' ? ['docker-compose'] : ['docker', 'compose', '--profile', 'gpu'];
        const folder = `${deployment.workingFolder}/sub`;
        const byHand = (...args: string[]) =>
          bench.run(
            'env',
            '-C',
            folder,
            'FROM=here $x',
            ...words,
            '-p',
            hand,
            '-f',
            'c.yml',
            ...args,
          );
        byHand('up', '--no-start', 'engine');
        const look = (name: string) => {
          const filter = `label=com.docker.compose.project=${name}`;
          const id = bench.docker('ps', '-aq', '--filter', filter);
          const format =
            '{{json .Config.Env}}\n{{json .HostConfig.Binds}}\n{{json .Config.Cmd}} {{json .Config.Image}} {{json .HostConfig.Mounts}}';
          const seen = bench.docker('inspect', '--format', format, id).replaceAll(name, 'PROJECT');
          const [env = '', binds = '', ...rest] = seen.split('\n');
          // Neither has an order of its own.
          const sorted = (list: string) => ((JSON.parse(list) ?? []) as string[]).sort();
          return { env: sorted(env), binds: sorted(binds), rest };
        };
        const [ours, theirs] = [look(project()), look(hand)];
        byHand('down', '-v');
        expect(ours).toEqual(theirs);
        expect(ours.env).toContain('FROM=here $x');
        expect(ours.binds.join(' ')).toContain(`${folder}/data:/data`);
        expect(bench.run('ls', '-A', folder).split('\n')).not.toContain('x');
      });

      it('that take a name of somebody else’s are told, and the stranger stays', async () => {
        const name = stranger('--network', 'none');
        compose({ a: busybox('sleep 60'), m: busybox('sleep 60', { container_name: name }) });
        const prepared = await prepare(bench.service('a'), bench.service('m'));
        const id = bench.docker('inspect', '--format', '{{.Id}}', name).slice(0, 12);
        expect(prepared).toMatchObject({ ok: false, failure: { kind: 'name_taken' } });
        if (!prepared.ok) {
          expect(prepared.failure.message).toContain(`${name} is taken by container ${id}`);
        }
        expect(await leftovers()).toEqual([]);
        expect(isRunning(name)).toBe(true);
      });

      it('that take a port of somebody else’s are told, and by whom', async () => {
        const outside = uniqueName('outside');
        bench.docker('network', 'create', outside);
        onTestFinished(() => void bench.docker('network', 'rm', outside));
        const name = stranger('--network', outside, '-p', '8099:80');
        compose({ p: busybox('sleep 60', { ports: ['8099:80'] }) });
        const service = bench.service('p');
        expect(await prepare(service)).toEqual(DONE);
        expect(await bench.backend.up(bench.deployment, service, never)).toMatchObject({
          ok: false,
          failure: {
            kind: 'port_taken',
            service: 'p',
            message: `port 8099 is taken by container ${name} (${IMAGE})`,
          },
        });
        expect(await bench.backend.finish(bench.deployment)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
        expect(isRunning(name)).toBe(true);
      });

      it('that take a port of another service of theirs are told, also while both are being started', async () => {
        const ports = ['8096:80'];
        compose({ a: busybox('sleep 60', { ports }), b: busybox('sleep 60', { ports }) });
        const [a, b] = [bench.service('a'), bench.service('b')];
        expect(await prepare(a, b)).toEqual(DONE);
        const started = await Promise.all(
          [a, b].map((service) => bench.backend.up(bench.deployment, service, never)),
        );
        const refused = started.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
        expect(refused).toHaveLength(1);
        const winner = refused[0]?.service === 'a' ? 'b' : 'a';
        expect(refused[0]?.message).toBe(
          `port 8096 is taken by ${winner}, a service of the same scenario`,
        );
      });

      it('whose image cannot be had are told before anything starts', async () => {
        const image = '127.0.0.1:5/nowhere:1';
        compose({ a: busybox('sleep 60'), i: { image } });
        const prepared = await prepare(bench.service('a'), bench.service('i'));
        expect(prepared).toMatchObject({ ok: false, failure: { kind: 'transfer', service: 'i' } });
        if (!prepared.ok)
          expect(prepared.failure.message).toMatch(/127\.0\.0\.1:5\/nowhere:1.*refused/);
        expect(await leftovers()).toEqual([]);
        // Nor does a start hide a pull.
        expect(await bench.backend.up(bench.deployment, bench.service('i'), never)).toMatchObject({
          ok: false,
          failure: { kind: 'service_start', service: 'i', hint: `docker pull ${image}` },
        });
      });

      it('are built from the scenario’s own files, and their images go with them', async () => {
        bench.write(
          'engine/Dockerfile',
          `FROM ${IMAGE}\nCOPY hello /hello\nCMD ["cat", "/hello"]\n`,
        );
        bench.write('engine/hello', 'built\n');
        compose({ e: { build: 'engine', network_mode: 'none' } });
        const service = bench.service('e');
        expect(await prepare(service)).toEqual(DONE);
        const running = await up(service);
        expect((await event(running, 'exited')).exit.exitCode).toBe(0);
        expect(await bench.backend.lastLines(running, 5)).toEqual(['built']);
        expect((await leftovers()).map(({ kind }) => kind)).toContain('image');
        const { run, controller } = bench.deployment;
        const labels = [`playbook.run=${run}`, `playbook.controller=${controller}`];
        const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
        expect(bench.docker('image', 'ls', '-q', ...filters)).not.toBe('');
        await bench.backend.down(running);
        expect(await bench.backend.finish(bench.deployment)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
      });

      it('whose program is missing fail to start, and are removed', async () => {
        compose({ x: busybox(['nope'], { network_mode: 'none' }) });
        const service = bench.service('x');
        expect(await prepare(service)).toEqual(DONE);
        const outcome = await bench.backend.up(bench.deployment, service, never);
        expect(outcome).toMatchObject({
          ok: false,
          failure: { kind: 'service_start', service: 'x' },
        });
        if (!outcome.ok)
          expect(outcome.failure.message).toMatch(/^exec: "nope": executable file not/);
        expect(await leftovers()).toEqual([]);
      });

      it('with a compose file that compose refuses are told in its words', async () => {
        bench.write('docker-compose.yml', 'services: { a: { image: x, prots: [] } }');
        const prepared = await prepare(bench.service('a'));
        expect(prepared).toMatchObject({
          ok: false,
          failure: { kind: 'compose_refused', service: 'a' },
        });
        if (!prepared.ok) expect(JSON.stringify(prepared.failure)).toContain('prots');
      });

      it('whose network a stranger is on are gone, the network and the stranger are not', async () => {
        compose({ a: busybox('sleep 60') });
        const service = bench.service('a');
        expect(await prepare(service)).toEqual(DONE);
        const running = await up(service);
        const network = `${project()}_default`;
        const name = stranger('--network', network);
        expect(await bench.backend.down(running)).toEqual(DONE);
        for (const remove of ['finish', 'purge'] as const) {
          const removed = await bench.backend[remove](bench.deployment);
          expect(removed).toMatchObject({ ok: false, failure: { kind: 'left_behind' } });
          if (!removed.ok)
            expect(removed.failure.message).toContain(`network ${network} (in use by ${name})`);
        }
        expect(await leftovers()).toEqual([
          { node: bench.node.name, kind: 'network', description: `${network} (in use by ${name})` },
        ]);
        expect(isRunning(name)).toBe(true);
        bench.docker('network', 'disconnect', network, name);
        expect(await bench.backend.purge(bench.deployment)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
      });

      it('that take too much memory are told to be out of it', async () => {
        compose({
          m: busybox('x=a; while :; do x=$$x$$x; done', { mem_limit: '16m', network_mode: 'none' }),
        });
        const running = await up(bench.service('m'));
        const { exit } = await event(running, 'exited');
        expect(exit).toMatchObject({ signal: 'SIGKILL' });
        expect(exit.description).toBe('killed by SIGKILL (out of memory)');
      });

      it('that docker would start again and again are told at their first end', async () => {
        compose({ l: busybox('echo broken; exit 5', { restart: 'always', network_mode: 'none' }) });
        const running = await up(bench.service('l'));
        expect((await event(running, 'exited')).exit.exitCode).toBe(5);
        expect((await bench.backend.lastLines(running, 1))[0]).toBe('broken');
        expect(await bench.backend.down(running)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
      });

      it('that somebody pauses are told, and can be removed all the same', async () => {
        compose({ p: busybox('sleep 60', { network_mode: 'none' }) });
        const running = await up(bench.service('p'));
        bench.docker('pause', running.description.replace('container ', ''));
        expect((await event(running, 'unhealthy')).message).toBe('paused by `docker pause`');
        expect(await bench.backend.down(running)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
      });

      it('that share a network with one that was made anew are made anew too', async () => {
        compose({
          net: busybox('sleep 60', { network_mode: 'none' }),
          guest: busybox('sleep 60', { network_mode: 'service:net' }),
        });
        const [net, guest] = [bench.service('net'), bench.service('guest')];
        expect(await prepare(net, guest)).toEqual(DONE);
        const first = await up(net);
        await bench.backend.down(first);
        await up(net);
        expect((await up(guest)).description).toMatch(/^container/);
      });

      it('that use another one’s are joined to that, also where all were made ahead', async () => {
        const quiet = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
        const keys = {
          network: { network_mode: 'service:base' },
          pid: { pid: 'service:base' },
          ipc: { ipc: 'service:base' },
          link: { links: ['base:db'] },
          files: { volumes_from: ['base'] },
        };
        const guests = new Map<string, object>(
          Object.entries(keys).map(([name, key]) => [name, busybox(quiet, key)]),
        );
        compose({
          ...Object.fromEntries(guests),
          base: busybox(quiet, { ipc: 'shareable', volumes: ['/shared'], hostname: 'the-base' }),
        });
        const services = [...Object.keys(keys), 'base'].map((name) => bench.service(name));
        expect(await prepare(...services)).toEqual(DONE);
        const idOf = async (name: string) =>
          (await up(bench.service(name))).description.replace('container ', '');
        const base = bench.docker('inspect', '--format', '{{.Id}}', await idOf('base'));
        const look = async (name: string, format: string) =>
          bench.docker('inspect', '--format', format, await idOf(name));
        expect(await look('network', '{{.HostConfig.NetworkMode}}')).toBe(`container:${base}`);
        expect(await look('pid', '{{.HostConfig.PidMode}}')).toBe(`container:${base}`);
        expect(await look('ipc', '{{.HostConfig.IpcMode}}')).toBe(`container:${base}`);
        const volume = '{{range .Mounts}}{{.Destination}}{{end}}';
        expect(await look('files', volume)).toBe('/shared');
        expect(bench.docker('exec', await idOf('link'), 'ping', '-c', '1', 'db')).toContain(
          '1 packets received',
        );
      });

      it('are on all their networks, under the names that they have there', async () => {
        compose(
          {
            wide: busybox('sleep 60', {
              networks: { front: {}, back: { aliases: ['engine'] } },
              ports: ['8098:80'],
            }),
            near: busybox('sleep 60', { networks: ['back'] }),
          },
          { networks: { front: {}, back: {} } },
        );
        const [wide, near] = [bench.service('wide'), bench.service('near')];
        expect(await prepare(wide, near)).toEqual(DONE);
        const [of, other] = [await up(wide), await up(near)].map(({ description }) =>
          description.replace('container ', ''),
        );
        const names = '{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{end}}';
        expect(
          bench
            .docker('inspect', '--format', names, of ?? '')
            .trim()
            .split(' '),
        ).toEqual([`${project()}_back`, `${project()}_front`]);
        const ping = ['ping', '-c', '1', 'engine'];
        expect(bench.docker('exec', other ?? '', ...ping)).toContain('1 packets received');
      });

      it('of several networks that cannot be started are told as others are', async () => {
        const name = stranger('--network', 'bridge', '-p', '8097:80');
        const networks = ['front', 'back'];
        compose(
          {
            taken: busybox('sleep 60', { networks, ports: ['8097:80'] }),
            missing: busybox(['nope'], { networks }),
          },
          { networks: { front: {}, back: {} } },
        );
        const [taken, missing] = [bench.service('taken'), bench.service('missing')];
        expect(await prepare(taken, missing)).toEqual(DONE);
        expect(await bench.backend.up(bench.deployment, taken, never)).toMatchObject({
          ok: false,
          failure: {
            kind: 'port_taken',
            message: `port 8097 is taken by container ${name} (${IMAGE})`,
          },
        });
        const outcome = await bench.backend.up(bench.deployment, missing, never);
        expect(outcome).toMatchObject({ ok: false, failure: { kind: 'service_start' } });
        if (!outcome.ok) expect(outcome.failure.message).toMatch(/^exec: "nope": executable file/);
        expect(await bench.backend.finish(bench.deployment)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
      });

      it('of one service may be several', async () => {
        compose({ s: busybox('echo hello; sleep 60', { network_mode: 'none', scale: 2 }) });
        const service = bench.service('s');
        expect(await prepare(service)).toEqual(DONE);
        const running = await up(service);
        expect(running.description).toMatch(/^containers \w+, \w+$/);
        const lines = [];
        for await (const line of bench.backend.followLog(running, never)) {
          lines.push(line);
          if (lines.length === 2) break;
        }
        expect(lines).toEqual(['hello', 'hello']);
        expect(await bench.backend.down(running)).toEqual(DONE);
        expect(await leftovers()).toEqual([]);
      });

      it('that start at the same time, unprepared, share one network', async () => {
        compose({ a: busybox('sleep 60'), b: busybox('sleep 60') });
        await Promise.all([up(bench.service('a')), up(bench.service('b'))]);
        const kinds = (await leftovers()).map(({ kind }) => kind).sort();
        expect(kinds).toEqual(['container', 'container', 'network']);
      });

      it('leave nothing when their making is cancelled', async () => {
        compose({ a: busybox('sleep 60'), b: busybox('sleep 60') });
        const cancel = new AbortController();
        const services = [bench.service('a'), bench.service('b')];
        const preparing = bench.backend.prepare(bench.deployment, cancel.signal, services);
        setTimeout(() => cancel.abort(), 300);
        const prepared = await preparing;
        if (!prepared.ok) {
          expect(prepared.failure.kind).toBe('cancelled');
          expect(await leftovers()).toEqual([]);
        }
      });
    },
  );
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.kind}: ${outcome.failure.message}`);
  return outcome.value;
}
