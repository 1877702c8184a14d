import { describe, expect, it } from 'vitest';

import type { Readiness } from '../../../../src/model/service.js';
import { problemsOf, servicesOf, withServices, type Files } from '../temporary-project.js';

const COMPOSE = `services:
  plain: { command: a, image: x }
  checked: { command: a, image: x, healthcheck: { test: "true" } }
  off: { command: a, image: x, healthcheck: { test: "true", disable: true } }
  none: { command: a, image: x, healthcheck: { test: ["NONE"] } }
`;
const TIMES = { timeoutMs: 300_000, intervalMs: 1000, consecutivePasses: 1 };
const DOCKER: Files = {
  'config/nodes.yaml': 'nodes:\n  gpu-1: { host: "fe80::1", runtime: docker }\n',
};

async function readinessOf(
  healthCheck: string,
  service = 'plain',
  files: Files = {},
  compose = COMPOSE,
): Promise<Readiness | undefined> {
  const metadata = `deployment: { services: [{ name: ${service}${healthCheck && `, health_check: ${healthCheck}`} }] }\n`;
  return (await servicesOf(withServices(metadata, compose, files)))[service]?.readiness;
}

async function problemsWith(healthCheck: string, service = 'plain', files: Files = {}) {
  const metadata = `deployment: { services: [{ name: ${service}, health_check: ${healthCheck} }] }\n`;
  const found = await problemsOf(withServices(metadata, COMPOSE, files));
  return found.map((line) =>
    line.replace(/^[^ ]* error deployment\.services\[0\]\.health_check/, ''),
  );
}

describe('a service is ready', () => {
  it.each([
    ['plain', 'none'],
    ['checked', 'container'],
    ['off', 'none'],
    ['none', 'none'],
  ])('by the health check of the compose file, if it has one (%s)', async (service, type) => {
    expect(await readinessOf('', service)).toEqual({ type, ...TIMES });
    expect(await readinessOf('', service, DOCKER)).toEqual({ type, ...TIMES });
  });

  it.each([
    [
      '{ type: http, url: "http://{host}:8000/{node}/{service}", status: 204, timeout: 120, interval: 500ms }',
      {
        type: 'http',
        url: 'http://127.0.0.1:8000/here/plain',
        expectStatus: 204,
        timeoutMs: 120_000,
        intervalMs: 500,
        consecutivePasses: 1,
      },
    ],
    ['{ type: tcp, port: 80 }', { type: 'tcp', host: '127.0.0.1', port: 80, ...TIMES }],
    [
      '{ type: tcp, port: 80, host: "{service}.example" }',
      { type: 'tcp', host: 'plain.example', port: 80, ...TIMES },
    ],
    [
      '{ type: command, command: "test -e {service} && echo ${X:-} $HOME {print}" }',
      {
        type: 'command',
        argv: ['/bin/sh', '-c', 'test -e plain && echo  $HOME {print}'],
        ...TIMES,
      },
    ],
    [
      '{ type: command, command: [curl, -f, "{host}"] }',
      { type: 'command', argv: ['curl', '-f', '127.0.0.1'], ...TIMES },
    ],
    [
      '{ type: log, pattern: "on {host}:\\\\d{4}" }',
      { type: 'log', pattern: 'on 127\\.0\\.0\\.1:\\d{4}', ...TIMES },
    ],
    ['{ url: "https://x/" }', { type: 'http', url: 'https://x/', expectStatus: null, ...TIMES }],
    ['{ port: 80 }', { type: 'tcp', host: '127.0.0.1', port: 80, ...TIMES }],
    ['{ command: "true" }', { type: 'command', argv: ['/bin/sh', '-c', 'true'], ...TIMES }],
    ['{ pattern: ready }', { type: 'log', pattern: 'ready', ...TIMES }],
  ])('by %s', async (written, expected) => {
    expect(await readinessOf(written)).toEqual(expected);
  });

  it('by the check of the compose file within another time', async () => {
    expect(await readinessOf('{ timeout: 5m }', 'checked')).toEqual({
      type: 'container',
      ...TIMES,
    });
    expect(await readinessOf('{ type: container, timeout: 1s }', 'checked')).toMatchObject({
      timeoutMs: 1000,
    });
  });

  it('by the check that its image may have, under docker', async () => {
    expect(await readinessOf('{ type: container }', 'plain', DOCKER)).toEqual({
      type: 'container',
      ...TIMES,
    });
    const timesOnly = 'services:\n  plain: { image: x, healthcheck: { interval: 1s } }\n';
    expect(await readinessOf('', 'plain', DOCKER, timesOnly)).toEqual({
      type: 'container',
      ...TIMES,
    });
  });

  it('at an address of IPv6 too', async () => {
    expect(await readinessOf('{ url: "http://{host}:80" }', 'plain', DOCKER)).toMatchObject({
      url: 'http://[fe80::1]:80',
    });
    expect(await readinessOf('{ port: 80 }', 'plain', DOCKER)).toMatchObject({ host: 'fe80::1' });
  });

  it('within the time of the nearest layer that gives one', async () => {
    const settings = (text: string) => readinessOf('', 'checked', { 'config/defaults.yaml': text });
    expect(await settings('concurrent_deployment: { health_check_timeout: 10 }\n')).toMatchObject({
      timeoutMs: 10_000,
    });
    expect(
      await settings(
        'concurrent_deployment: { health_check_timeout: 10 }\nservice_health_check: { startup_timeout: 20 }\n',
      ),
    ).toMatchObject({ timeoutMs: 20_000 });
  });

  it('after three passes in a row where it is to be thorough', async () => {
    const strategy = (name: string) =>
      readinessOf('{ port: 1 }', 'plain', {
        'config/defaults.yaml': `service_health_check: { strategy: ${name} }\n`,
      });
    expect(await strategy('thorough')).toMatchObject({ consecutivePasses: 3 });
    expect(await strategy('quick')).toMatchObject({ consecutivePasses: 1 });
  });

  it('as soon as it runs where health checks are switched off', async () => {
    const off = { 'config/defaults.yaml': 'service_health_check: { enabled: false }\n' };
    expect(await readinessOf('{ port: 1 }', 'plain', off)).toEqual({ type: 'none', ...TIMES });
    const services = await servicesOf(
      withServices(
        '',
        'services:\n  a: { command: a, depends_on: { b: { condition: service_healthy } } }\n  b: { command: b, healthcheck: { test: x } }\n',
        off,
      ),
    );
    expect(services['b']?.readiness.type).toBe('none');
  });
});

describe('a health check', () => {
  it.each([
    ['{ type: http }', [': `url` is missing, which a health check of type http needs']],
    ['{ type: tcp, host: x }', [': `port` is missing, which a health check of type tcp needs']],
    [
      '{ type: log, url: "http://x" }',
      [
        '.url: has no meaning for a health check of type log',
        ': `pattern` is missing, which a health check of type log needs',
      ],
    ],
    [
      '{ type: http, url: "ftp://x" }',
      ['.url: is no http or https URL: \'ftp://x\' | write "http://{host}:8000/health"'],
    ],
    [
      '{ type: http, url: "localhost:8000" }',
      ['.url: is no http or https URL: \'localhost:8000\' | write "http://{host}:8000/health"'],
    ],
    [
      '{ type: http, url: "http://{hots}/" }',
      ['.url: has an unknown placeholder {hots} | there are {host}, {node} and {service}'],
    ],
    ['{ type: http, url: "http://x", status: 99 }', ['.status: must be at least 100; got 99']],
    ['{ type: tcp, port: 80, host: "a b" }', [".host: is no host name and no address: 'a b'"]],
    ['{ type: tcp, port: 0 }', ['.port: must be at least 1; got 0']],
    ['{ type: log, pattern: "(" }', ['.pattern: is no regular expression: unterminated group']],
    ['{ type: command, command: [] }', ['.command: is empty']],
    ['{ type: command, command: 5 }', ['.command: must be a text or a list; got 5']],
    [
      '{ type: command, command: [a, 5] }',
      ['.command[1]: must be a text; got 5 | put it in quotes'],
    ],
    [
      '{ type: htpp, url: x }',
      [
        ".type: must be one of container, http, tcp, command, log; got 'htpp' | did you mean `http`?",
      ],
    ],
    ['{ port: 1, pattern: x }', [': could be of type tcp or log | say which: `type: …`']],
    [
      '{ timeout: 5 }',
      [
        ': does not say what to check, and the compose file gives plain no healthcheck | write `type:` container | http | tcp | command | log',
      ],
    ],
    [
      '{ port: 1, timeout: 0, interval: 0s }',
      ['.timeout: must be more than 0', '.interval: must be more than 0'],
    ],
    [
      '{ type: container }',
      [
        '.type: plain has no healthcheck in the compose file, and without a container there is no image that could have one | give it a `healthcheck:` with a `test`, or choose another type',
      ],
    ],
  ])('%s is a problem', async (written, expected) => {
    const found = await problemsWith(written);
    expect([...found].sort()).toEqual([...expected].sort());
  });
});
