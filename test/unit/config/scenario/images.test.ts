import { describe, expect, it } from 'vitest';

import { FOUR_NODES, problemsOf, withServices } from '../temporary-project.js';

const NODES = { 'config/nodes.yaml': FOUR_NODES };
const COMPOSE = `services:
  engine: { image: x }
  router: { command: route }
`;
const errors = async (metadata: string, compose = COMPOSE) =>
  (await problemsOf(withServices(metadata, compose, NODES))).filter((line) =>
    line.includes(' error '),
  );
const place = (engine: string, router: string) =>
  `deployment: { services: [{ name: engine, node: ${engine} }, { name: router, node: ${router} }] }\n`;

describe('a service without an image', () => {
  const REFUSED =
    'scenarios/one/compose.yaml:3:3 error services.router: has neither `image` nor `build`, so compose refuses compose.yaml on docked, also for engine | name an image: as a process it needs none, and does no harm';

  it('is a problem as a process, where a container uses the same file', async () => {
    expect(await errors(place('docked', 'here'))).toEqual([REFUSED]);
  });

  it('is a problem where it is not deployed at all, too', async () => {
    const alone = 'deployment: { services: [{ name: engine, node: docked }] }\n';
    expect(await errors(alone)).toEqual([REFUSED]);
  });

  it('is none where compose does not read its file', async () => {
    const engine = 'services: { engine: { image: x, command: serve } }\n';
    expect(await errors(place('here', 'here'), COMPOSE.replace('image: x', 'command: x'))).toEqual(
      [],
    );
    const apart = {
      ...NODES,
      'scenarios/one/engine.yml': engine,
    };
    const metadata =
      'deployment: { services: [{ name: engine, node: docked, compose_file: engine.yml }, { name: router, node: here }] }\n';
    expect(await problemsOf(withServices(metadata, COMPOSE, apart))).toEqual([]);
  });

  it('is told once as a container, however many nodes it is for', async () => {
    expect(await errors(place('docked', 'docked'))).toEqual([
      'scenarios/one/compose.yaml:3:3 error services.router: has neither `image` nor `build`, which a container on docked needs | name an image, or give the node `runtime: process`',
    ]);
  });
});
