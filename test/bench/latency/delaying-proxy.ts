import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface DelayingProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A way to a local port on which every byte takes a while, in both directions, as on a line of that length.
 *
 * @param oneWayMs Half of the round trip.
 */
export async function startDelayingProxy(to: number, oneWayMs: number): Promise<DelayingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ port: to, host: '127.0.0.1' });
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => into.destroy());
      // Timers of one length run out in the order in which they were set.
      from.on('data', (chunk) => setTimeout(() => into.write(chunk), oneWayMs));
      from.on('end', () => setTimeout(() => into.end(), oneWayMs));
      from.on('close', () => sockets.delete(from));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
