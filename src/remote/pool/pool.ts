import type { NodeSpec } from '../model/node.js';
import type { Outcome } from '../model/failure.js';
import type { Connection } from './connection.js';

/** Opens a connection to a node. */
export type Connect = (node: NodeSpec) => Promise<Outcome<Connection>>;

/** The only way to get a connection: opened when first needed, shared, closed between scenarios. */
export interface ConnectionPool {
  /**
   * Lends a connection for as long as `work` takes.
   *
   * @returns What `work` returned, or why there is no connection.
   */
  use<T>(node: NodeSpec, work: (connection: Connection) => Promise<T>): Promise<Outcome<T>>;
  /** Closes every connection. The pool stays usable: the next `use` opens anew. */
  closeAll(): Promise<void>;
}

/** A pool that keeps one connection per node. */
export function createPool(connect: Connect): ConnectionPool {
  const open = new Map<string, Promise<Outcome<Connection>>>();

  return {
    async use(node, work) {
      let pending = open.get(node.name);
      if (!pending) {
        pending = connect(node);
        open.set(node.name, pending);
      }
      const connected = await pending;
      if (!connected.ok) {
        // A failed dial is no answer for the next caller.
        if (open.get(node.name) === pending) open.delete(node.name);
        return connected;
      }
      return { ok: true, value: await work(connected.value) };
    },

    async closeAll() {
      const connections = await Promise.all(open.values());
      open.clear();
      await Promise.all(
        connections.map((connected) =>
          connected.ok ? connected.value.close() : Promise.resolve(),
        ),
      );
    },
  };
}
