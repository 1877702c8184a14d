import { describe, expect, it } from 'vitest';

import {
  describeStartFailure,
  describeTakenPort,
  findTakenPort,
  inDockersWords,
  isOutdated,
  parsePortHolder,
} from '../../../../src/deploy/compose/start/start-failure.js';
import { createFailure } from '../../../../src/model/failure.js';
import { serviceSpec } from '../../../support/specs.js';

describe('a port that is taken', () => {
  it.each([
    'Error response from daemon: driver failed programming external connectivity on endpoint q_p_1 (b7ec): Bind for 0.0.0.0:8099 failed: port is already allocated',
    'Error response from daemon: driver failed programming external connectivity on endpoint q_p_1 (b7ec): Error starting userland proxy: listen tcp4 0.0.0.0:8099: bind: address already in use',
    'Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint x (b7ec): failed to bind host port for 0.0.0.0:8099:172.17.0.2:80/tcp: address already in use',
    'Error response from daemon: driver failed programming external connectivity on endpoint x (b7ec): Bind for :::8099 failed: port is already allocated',
  ])('is found in %s', (line) => {
    expect(findTakenPort([line, 'Error: failed to start containers: 71678cfe641e'])).toBe(8099);
  });

  it('is not seen in other failures', () => {
    expect(findTakenPort(['Error response from daemon: network 8099:80 not found'])).toBeNull();
  });

  it.each([
    [
      'container other (nginx:1)\t\t\nLISTEN 0 4096 0.0.0.0:8099 users:(("docker-proxy",pid=9,fd=4))\n',
      { description: 'container other (nginx:1)', isOurs: false },
    ],
    [
      'container other (nginx:1)\ttheirs\tapi\n',
      { description: 'container other (nginx:1)', isOurs: false },
    ],
    [
      'container ours-api-1 (nginx:1)\tours\tapi@node1\n',
      { description: 'api@node1, a service of the same scenario', isOurs: true },
    ],
    [
      'LISTEN 0 128 0.0.0.0:8099 0.0.0.0:* users:(("python3",pid=4711,fd=3))\n',
      { description: 'python3 (process 4711)', isOurs: false },
    ],
    ['LISTEN 0 128 0.0.0.0:8099 0.0.0.0:*\n', null],
    ['', null],
  ])('names its holder from %o', (text, holder) => {
    expect(parsePortHolder(text, 'ours')).toEqual(holder);
  });

  it('is told with the port and its holder', () => {
    const failure = createFailure('service_start', 'x', { output: ['y'] });
    const holder = { description: 'container other (nginx:1)', isOurs: false };
    const told = describeTakenPort(failure, serviceSpec('api'), 8099, holder);
    expect(told).toMatchObject({
      kind: 'port_taken',
      service: 'api',
      message: 'port 8099 is taken by container other (nginx:1)',
      hint: 'publish another port, or stop who has it',
    });
    const own = describeTakenPort(failure, serviceSpec('api'), 8099, { ...holder, isOurs: true });
    expect(own.hint).toBe('publish another port for one of the two');
  });
});

it('compose V1 is heard without what it says around the words of docker', () => {
  const said = [
    'Starting a ... ',
    'Host is already in use by another container',
    'Starting a ... error',
    'ERROR: for a  Cannot start service a: driver failed programming external connectivity on endpoint x_a_1 (a31f): Bind for 0.0.0.0:8099 failed: port is already allocated',
    'No containers to start',
    '1',
  ];
  const heard = inDockersWords(said);
  expect(heard).toEqual([said[3]?.replace('ERROR: for a  Cannot start service a: ', '')]);
  expect(findTakenPort(heard)).toBe(8099);
  expect(inDockersWords(['Error: x'])).toEqual(['Error: x']);
});

describe('a container that cannot be started', () => {
  it.each([
    [
      'Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
      'exec: "nope": executable file not found in $PATH: unknown',
      'command',
    ],
    [
      'Error response from daemon: could not select device driver "" with capabilities: [[gpu]]',
      'could not select device driver "" with capabilities: [[gpu]]',
      'NVIDIA container toolkit',
    ],
  ])('says why in one line: %s', (line, message, hint) => {
    const output = [line, 'Error: failed to start containers: ff20394ccae0'];
    const failure = createFailure('service_start', 'x', { output });
    const told = describeStartFailure(failure, serviceSpec('api'));
    expect(told).toMatchObject({ kind: 'service_start', message, output: [line] });
    expect(told.hint).toContain(hint);
  });

  it('may only lean on one that was replaced', () => {
    expect(
      isOutdated([
        'Error response from daemon: cannot join network of a non running container: 77',
      ]),
    ).toBe(true);
    expect(isOutdated(['Error response from daemon: No such container: 77aa'])).toBe(true);
    expect(isOutdated(['Error response from daemon: port is already allocated'])).toBe(false);
  });
});
