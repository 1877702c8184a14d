import { connect } from 'node:net';

import type { TcpReadiness } from '../model/service.js';
import { describeError } from './http.js';
import type { Check } from './poll.js';

/** Passes when a connection is accepted. */
export function tcpCheck({ host, port }: TcpReadiness): Check {
  return (signal) =>
    new Promise((resolve) => {
      const socket = connect({ host, port, signal });
      const finish = (seen: string | null) => {
        socket.destroy();
        resolve(seen);
      };
      socket.once('connect', () => finish(null));
      socket.on('error', (error) => finish(describeError(error)));
    });
}
