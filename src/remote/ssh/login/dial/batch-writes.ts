import type { Socket } from 'node:net';

/**
 * Sends what is written in one go as one piece: ssh2 writes every packet by itself, and during a login, or where a command
 * and its input follow each other, several come at once. Each piece is a call of the system, and often a packet of the network.
 */
export function batchWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  const flush = () => {
    isGathering = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(flush);
    }
    return write(...args);
  };
}
