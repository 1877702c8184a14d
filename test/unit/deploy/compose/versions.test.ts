import { describe, expect, it } from 'vitest';

import { parseDetection } from '../../../../src/deploy/compose/runtime/versions.js';

const V1 = { major: 1, version: '1.29.2', argv: ['docker-compose'] };

describe('what a node says of its docker', () => {
  it.each([
    ['the plugin', 'server 20.10.24+dfsg1\nplugin 2.26.1-4\n', 2, '2.26.1-4', 'docker compose'],
    ['a version with a v', 'server 27.0.1\nplugin v2.2.3\n', 2, '2.2.3', 'docker compose'],
    ['a newer major', 'server 29.1.0\nplugin 5.0.1\n', 5, '5.0.1', 'docker compose'],
    ['V2 under the old name', 'server 24.0.7\nstandalone 2.23.0\n', 2, '2.23.0', 'docker-compose'],
  ])('tells %s', (_, text, major, version, words) => {
    expect(parseDetection(text)).toMatchObject({
      compose: { major, version, argv: words.split(' ') },
    });
  });

  it('tells V1, and the version of the daemon', () => {
    expect(parseDetection('server 20.10.24+dfsg1\nstandalone 1.29.2\n')).toEqual({
      docker: '20.10.24+dfsg1',
      compose: V1,
    });
  });

  it.each([
    ['a missing client', 'client missing\n', { problem: 'no-client' }],
    [
      'a daemon that is stopped',
      'user root\ntrouble Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
      { problem: 'no-daemon' },
    ],
    [
      'a login without permission',
      'user bench\ntrouble permission denied while trying to connect to the Docker daemon socket at unix:///run/d.sock: Get "http://%2Frun%2Fd.sock/v1.24/version": dial unix /run/d.sock: connect: permission denied\n',
      { problem: 'forbidden', user: 'bench' },
    ],
    ['a missing compose', 'server 20.10.24\n', { problem: 'no-compose' }],
    [
      'a compose that is too old',
      'server 19.3.0\nstandalone 1.26.2\n',
      { problem: 'old-compose', version: '1.26.2' },
    ],
  ])('tells %s', (_, text, problem) => {
    expect(parseDetection(text)).toMatchObject(problem);
  });
});
