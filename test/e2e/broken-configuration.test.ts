import { createServer } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { projectFolder, scenarioFiles } from '../support/project-folder.js';

const BOMB = `
a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
`;

it('34: every problem of every file is told with file and line, 2, no stack trace, and no node is dialled', async () => {
  let dials = 0;
  const server = createServer((socket) => {
    dials += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const project = await projectFolder({
    'config/nodes.yaml': `nodes:\n  n: { host: 127.0.0.1, port: ${port}, prot: 22, password: "\${NOWHERE_SET}" }\n`,
    'config/defaults.yaml': BOMB,
    ...scenarioFiles('001_tab', { compose: 'services:\n\tengine: { image: x }\n' }),
    ...scenarioFiles('002_wrong_type', { metadata: 'enabled: 17\n', compose: '' }),
    ...scenarioFiles('003_large', { compose: 'a: 1\n'.repeat(2_000_000) }),
    ...scenarioFiles('004_folder', { more: { 'test_config.json/file': '' } }),
    'scenarios/005_empty/metadata.yaml': '',
    ...scenarioFiles('006_twice', { metadata: 'tags: [a]\ntags: [b]\n' }),
  });
  const expected = [
    [/nodes\.yaml:2:\d+/, 'unknown key `prot`'],
    [/nodes\.yaml:2:\d+/, 'NOWHERE_SET'],
    [/defaults\.yaml/, ''],
    [/006_twice\/metadata\.yaml:3/, 'tags'],
    [/001_tab\/docker-compose\.yml:2/, ''],
    [/002_wrong_type\/metadata\.yaml:2/, 'enabled'],
    [/003_large\/docker-compose\.yml/, ''],
    [/004_folder\/test_config\.json/, ''],
    [/005_empty\/metadata\.yaml/, ''],
  ] as const;
  for (const args of [['validate'], ['plan'], ['run', '--all']]) {
    const { exitCode, stdout, stderr } = await project.playbook(...args);
    expect(exitCode, stderr).toBe(2);
    const told = `${stdout}\n${stderr}`;
    expect(told).not.toMatch(/^\s+at .*[:(]\d+:\d+\)?$/m);
    expect(told).not.toContain('this is a bug');
    if (args[0] !== 'validate') continue;
    for (const [place, words] of expected) {
      expect(told).toMatch(place);
      expect(told).toContain(words);
    }
  }
  expect(dials).toBe(0);
});
