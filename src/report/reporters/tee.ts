import type { Reporter } from '../reporter.js';

/**
 * Hands every event to several reporters. One that throws has a bug: it is told to `onDefect`, gets no more events,
 * and takes neither the run nor the others down.
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
      // Closed even if it threw before: a display still has a terminal to give back.
      await Promise.all(
        reporters.map(async (reporter) => {
          try {
            await reporter.close();
          } catch (error) {
            onDefect(error);
          }
        }),
      );
    },
  };
}
