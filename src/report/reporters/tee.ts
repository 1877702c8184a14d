import type { Reporter } from '../reporter.js';

/**
 * Hands every event to several reporters. One that throws has a bug: it is told to `onDefect`, gets no more events,
 * and takes neither the run nor the others down. The last one is closed first: what it still has to say, the others show.
 */
export function createTee(
  reporters: readonly Reporter[],
  onDefect: (error: unknown) => void,
): Reporter {
  const sound = new Set(reporters);
  return {
    on(event) {
      for (const reporter of sound) {
        try {
          reporter.on(event);
        } catch (error) {
          sound.delete(reporter);
          onDefect(error);
        }
      }
    },
    async close() {
      for (const reporter of reporters.toReversed()) {
        // Closed even if it threw before: a display still has a terminal to give back.
        try {
          await reporter.close();
        } catch (error) {
          onDefect(error);
        }
      }
    },
  };
}
