import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { type Answer, parseAnswer } from '../../../../src/run/preflight/survey/answer.js';
import { parseClock } from '../../../../src/run/preflight/survey/clock.js';
import { parseGpuProcesses, parseGpus } from '../../../../src/run/preflight/survey/gpus.js';
import { parseImages } from '../../../../src/run/preflight/survey/images.js';
import { parseDisk, parseMachine } from '../../../../src/run/preflight/survey/machine.js';
import { parsePortHolders } from '../../../../src/run/preflight/survey/ports.js';

function recorded(name: string): readonly string[] {
  const file = new URL(`../../../fixtures/nvidia-smi/${name}`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

function answer(words: Readonly<Record<string, readonly string[]>>): Answer {
  return new Map(Object.entries(words));
}

describe('the answer of a node', () => {
  it('is read line by line, whatever is in the texts and wherever it was cut off', () => {
    const parsed = parseAnswer('user\troot\ngpu\ta\tb\ngpu\t\n\nnoise\nkernel\tLin');
    expect([...parsed]).toEqual([
      ['user', ['root']],
      ['gpu', ['a\tb', '']],
      ['kernel', ['Lin']],
    ]);
  });
});

describe('GPUs', () => {
  const gpus = (file: string, status = '0') =>
    parseGpus(answer({ 'gpu-status': [status], gpu: recorded(file) }));

  it('are told with model, memory and driver', () => {
    const { gpus: found, problem } = gpus('h20.gpus.csv');
    expect(problem).toBeNull();
    expect(found).toHaveLength(8);
    expect(found[2]).toEqual({
      index: 2,
      name: 'NVIDIA H20',
      memory_total_bytes: 97_871 * 2 ** 20,
      memory_used_bytes: 91_254 * 2 ** 20,
      driver: '550.90.07',
    });
    expect(gpus('h100.gpus.csv').gpus.map(({ name }) => name)).toEqual([
      'NVIDIA H100 80GB HBM3',
      'NVIDIA H100 80GB HBM3',
    ]);
  });

  it('may share their memory with the machine, which is then not told', () => {
    expect(gpus('shared-memory.gpus.csv').gpus[0]).toMatchObject({ memory_total_bytes: null });
  });

  it('are none where the tool is not installed, or knows of none', () => {
    expect(parseGpus(answer({}))).toEqual({ gpus: [], problem: null });
    expect(gpus('no-devices.txt')).toEqual({ gpus: [], problem: null });
    expect(gpus('no-devices.txt', '6')).toEqual({ gpus: [], problem: null });
  });

  it.each([
    ['mismatch.txt', '18', /Driver\/library version mismatch NVML library version: 550\.90/],
    ['no-driver.txt', '9', /couldn't communicate with the NVIDIA driver/],
    ['no-driver.txt', '124', /does not answer/],
  ])('are a problem in the words of the tool where it fails: %s with %s', (file, status, words) => {
    expect(gpus(file, status)).toEqual({
      gpus: [],
      problem: expect.stringMatching(words) as string,
    });
  });

  it('are a problem where one of them is lost, and the others are told', () => {
    const { gpus: found, problem } = gpus('lost-gpu.txt');
    expect(found).toHaveLength(1);
    expect(problem).toContain('Unable to determine the device handle');
  });

  it('have processes, whose names may hold commas', () => {
    const processes = parseGpuProcesses(
      answer({
        'gpu-name': recorded('h20.list.txt'),
        'gpu-process': recorded('h20.processes.csv'),
      }),
    );
    expect(processes).toEqual([
      { pid: 48211, name: '/usr/bin/python3', gpu: 1, memoryBytes: 91_240 * 2 ** 20 },
      { pid: 512, name: 'name, with, commas', gpu: 0, memoryBytes: null },
    ]);
  });
});

describe('the clock', () => {
  const at = (clock: string, end: string) =>
    parseClock(answer({ clock: [clock], 'clock-end': [end] }), {
      askedAt: 1_000_000,
      answeredAt: 1_000_300,
    });

  it('counts the way there and back, and not what the node took for its answer', () => {
    // 50 ms there, 200 ms of work, 50 ms back; 10 s ahead.
    expect(at('1010.050000000', '1010.250000000')).toEqual({ skew_ms: 10_000, uncertainty_ms: 50 });
    expect(at('990.050', '990.250')?.skew_ms).toBe(-10_000);
  });

  it('is right where it cannot be told from wrong', () => {
    expect(at('1000.010', '1000.210')).toEqual({ skew_ms: 0, uncertainty_ms: 50 });
  });

  it('is known to half a second where `date` knows no fractions', () => {
    expect(at('1000.%N', '1000.%N')).toEqual({ skew_ms: 0, uncertainty_ms: 650 });
    expect(at('1000.N', '1000.N')?.skew_ms).toBe(0);
    expect(at('1009', '1009')).toEqual({ skew_ms: 9_350, uncertainty_ms: 650 });
  });

  it('is not told where the node did not come to the end', () => {
    expect(parseClock(answer({ clock: ['1000.1'] }), { askedAt: 0, answeredAt: 0 })).toBeNull();
  });
});

describe('the machine', () => {
  it('is told as far as it can be', () => {
    expect(
      parseMachine(
        answer({
          user: ['bench'],
          cores: ['64'],
          memory: ['MemTotal:       527952012 kB', 'MemAvailable:   510000000 kB', 'Dirty: 1 kB'],
          load: ['0.52 0.58 0.59 1/977 12345'],
          docker: ['24.0.7'],
          compose: ['v2.21.0'],
        }),
      ),
    ).toEqual({
      user: 'bench',
      hostname: null,
      kernel: null,
      architecture: null,
      cores: 64,
      memory_total_bytes: 527_952_012 * 1024,
      memory_available_bytes: 510_000_000 * 1024,
      load_1m: 0.52,
      docker: '24.0.7',
      compose: '2.21.0',
    });
    expect(parseMachine(answer({ cores: [''] }))).toMatchObject({ cores: null, load_1m: null });
  });

  it.each([
    ['/dev/nvme0n1p2  959786032 101548744 809408784      12% /', 809_408_784],
    ['//nas/my share   959786032 959786032 -1024     100% /mnt/my share', 0],
    ['tmpfs 65536 0 65536 0% /run', 65_536],
  ])('has so much free by `df`: %s', (line, free) => {
    expect(parseDisk('work', '/opt', line)).toMatchObject({ free_bytes: free * 1024 });
  });

  it('says nothing of a disk where `df` says nothing', () => {
    expect(parseDisk('work', '/opt', null)).toBeNull();
    expect(parseDisk('work', '/opt', 'df: /opt: No such file or directory')).toBeNull();
  });
});

describe('who has a port', () => {
  it('is read from the tables of the kernel', () => {
    const holders = parsePortHolders(
      answer({
        listening: [
          'tcp 00000000:4658',
          'tcp 0100007F:1F90',
          'tcp6 00000000000000000000000000000000:0016',
          'tcp6 00000000000000000000000001000000:1F91',
          'tcp6 0000000000000000FFFF00000100007F:1F92',
          'udp 00000000:0035',
        ],
      }),
    );
    expect(holders.map(({ protocol, address, port }) => [protocol, address, port])).toEqual([
      ['tcp', null, 18008],
      ['tcp', '127.0.0.1', 8080],
      ['tcp', null, 22],
      ['tcp', '::1', 8081],
      ['tcp', '127.0.0.1', 8082],
      ['udp', null, 53],
    ]);
  });

  it('is named by `ss` where the login may know, and is ours where a run has started it', () => {
    const holders = parsePortHolders(
      answer({
        listening: ['tcp 00000000:4658', 'tcp 00000000:4659'],
        socket: [
          'tcp LISTEN 0 4096 0.0.0.0:18008 0.0.0.0:* users:(("python3",pid=4711,fd=3),("python3",pid=4712,fd=3))',
          'tcp LISTEN 0 4096 *:18009 *:*',
          'udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*',
        ],
        'our-process': ['/proc/4711/environ'],
      }),
    );
    expect(holders).toEqual([
      {
        protocol: 'tcp',
        address: null,
        port: 18008,
        description: 'python3 (process 4711)',
        isOurs: true,
      },
      { protocol: 'tcp', address: null, port: 18009, description: null, isOurs: false },
      { protocol: 'udp', address: '127.0.0.53', port: 53, description: null, isOurs: false },
    ]);
  });

  it('is the container behind the proxy, also where there is no proxy', () => {
    const holders = parsePortHolders(
      answer({
        socket: ['tcp LISTEN 0 4096 0.0.0.0:18008 0.0.0.0:* users:(("docker-proxy",pid=9,fd=4))'],
        published: [
          'id1\tweb\tnginx:1\t\t0.0.0.0:18008->80/tcp, :::18008->80/tcp, 9000/tcp',
          'id2\tours\tvllm:1\t20260601_190409\t127.0.0.1:3000-3001->3000-3001/tcp',
        ],
      }),
    );
    expect(holders).toEqual([
      {
        protocol: 'tcp',
        address: null,
        port: 18008,
        description: 'container web (nginx:1)',
        isOurs: false,
      },
      ...[3000, 3001].map((port) => ({
        protocol: 'tcp',
        address: '127.0.0.1',
        port,
        description: 'container ours (vllm:1)',
        isOurs: true,
      })),
    ]);
  });
});

describe('images', () => {
  it('are there, come from a registry, do not exist, or nobody knows', () => {
    const images = parseImages(
      answer({
        'image-present': ['a:1'],
        'image-absent': [
          'b:1\t0\t',
          'c:1\t1\tno such manifest: docker.io/library/c:1',
          'd:1\t1\terrors: denied: requested access to the resource is denied',
          'e:1\t1\tGet "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
          'f:1\t124\t',
        ],
      }),
    );
    expect([...images].map(([image, { status }]) => [image, status])).toEqual([
      ['a:1', 'present'],
      ['b:1', 'will_be_pulled'],
      ['c:1', 'missing'],
      ['d:1', 'missing'],
      ['e:1', 'unknown'],
      ['f:1', 'unknown'],
    ]);
  });
});
