import type { Clock } from '../../async/clock.js';
import type { Outcome } from '../../model/failure.js';
import { createEngineServer } from './engine-server.js';
import { listen } from './http-server.js';
import type { EngineOptions, RouterOptions } from './options.js';
import { createRouter } from './router.js';

/** A stand-in for an engine, or for a router in front of some. */
export interface Simulator {
  /** With the port that was chosen. */
  readonly url: string;
  /** Breaks off what is being answered, and resolves when the port is free. */
  close(): Promise<void>;
}

/** @param port 0: any that is free. */
export async function startSimulator(
  options: EngineOptions | ({ readonly role: 'router' } & RouterOptions),
  host: string,
  port: number,
  clock: Clock,
): Promise<Outcome<Simulator>> {
  const backend =
    options.role === 'router' ? createRouter(options) : createEngineServer(options, clock);
  const server = await listen(host, port, backend.handle);
  if (!server.ok) {
    await backend.stop();
    return server;
  }
  return {
    ok: true,
    value: {
      url: server.value.url,
      async close() {
        await backend.stop();
        await server.value.close();
      },
    },
  };
}
