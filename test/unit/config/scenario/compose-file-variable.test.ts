import { describe, expect, it } from 'vitest';

import { problemsOf, servicesOf, withServices, type Files } from '../temporary-project.js';

const NODES = { 'config/nodes.yaml': 'nodes: { n1: { host: 10.0.0.1 } }\n' };
const COMPOSE = 'services: { a: { image: x } }\n';
const EXTRA = 'services: { b: { image: x } }\n';

function files(env: string, metadata = '', more: Files = {}): Files {
  return withServices(metadata, COMPOSE, {
    ...NODES,
    'scenarios/one/extra.yml': EXTRA,
    'scenarios/one/.env': `TAG=1\n${env}\n`,
    ...more,
  });
}

describe('COMPOSE_FILE in the .env of a scenario', () => {
  it.each([
    [
      'COMPOSE_FILE=compose.yaml:extra.yml',
      'asks for compose.yaml, extra.yml, and COMPOSE_FILE is not followed | lay one file over the other as docker-compose.override.yml, or `include` it',
    ],
    [
      'COMPOSE_FILE=compose.yaml;./extra.yml\nCOMPOSE_PATH_SEPARATOR=;',
      'asks for compose.yaml, extra.yml, and COMPOSE_FILE is not followed | lay one file over the other as docker-compose.override.yml, or `include` it',
    ],
    [
      'export COMPOSE_FILE="extra.yml"',
      'asks for extra.yml, and COMPOSE_FILE is not followed | write `compose_file: extra.yml` for the services in metadata.yaml',
    ],
  ])('is refused where it asks for other files than are used: %s', async (env, message) => {
    expect(await problemsOf(files(env))).toEqual([
      `scenarios/one/.env:2:1 error COMPOSE_FILE: ${message}`,
    ]);
    const listed = 'deployment: { services: [{ name: a }] }\n';
    expect(await problemsOf(files(env, listed))).toHaveLength(1);
  });

  it.each(['COMPOSE_FILE=compose.yaml', 'COMPOSE_FILE=./compose.yaml', 'COMPOSE_FILE='])(
    'is in order where it asks for what is used: %s',
    async (env) => {
      expect(await problemsOf(files(env))).toEqual([]);
    },
  );

  it('names the override, too, where there is one', async () => {
    const override = { 'scenarios/one/compose.override.yaml': COMPOSE };
    const both = 'COMPOSE_FILE=compose.yaml:compose.override.yaml';
    expect(await problemsOf(files(both, '', override))).toEqual([]);
    expect(await problemsOf(files('COMPOSE_FILE=compose.yaml', '', override))).toHaveLength(1);
  });

  it('has no say where metadata.yaml names the files', async () => {
    const named = 'deployment: { services: [{ name: b, compose_file: extra.yml }] }\n';
    const env = 'COMPOSE_FILE=compose.yaml:extra.yml';
    expect(Object.keys(await servicesOf(files(env, named)))).toEqual(['b']);
  });
});
