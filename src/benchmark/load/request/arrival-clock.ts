/**
 * How many sockets the operating system reports ready at once (libuv's `uv__io_poll`). After that many readings the
 * event loop may have asked it again, and an old time would be too early.
 */
const LARGEST_BATCH = 1024;

/**
 * Tells when bytes arrived. Node reads the sockets that became ready together one after the other; taking the time at
 * each would add the work for the earlier ones to the latency of the later ones. All readings of one turn of the event
 * loop are therefore given the time of the first: every one of these sockets was ready by then.
 *
 * @param now ms, monotonic.
 */
export function createArrivalClock(now: () => number): () => number {
  let batchMs: number | null = null;
  let readings = 0;
  const endBatch = () => {
    batchMs = null;
  };
  return () => {
    if (batchMs === null) {
      // Immediates run right after the sockets of this turn were read.
      setImmediate(endBatch);
    } else if (readings < LARGEST_BATCH) {
      readings += 1;
      return batchMs;
    }
    readings = 1;
    batchMs = now();
    return batchMs;
  };
}
