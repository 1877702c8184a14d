import { setImmediate } from 'node:timers/promises';

import type { Clock } from '../../async/clock.js';
import type { EngineModel } from './engine-model.js';

/** An engine model that runs in real time. */
export interface Engine {
  /**
   * @param onToken Called for every token, when it is due.
   * @returns Takes the sequence out again.
   */
  submit(
    promptTokens: number,
    outputTokens: number,
    onToken: (isLast: boolean) => void,
  ): () => void;
  /** No token comes after this. */
  stop(): void;
}

/** Steps that are late by more than this are not made up for: a machine that slept does not answer in a burst. */
const LONGEST_CATCH_UP_MS = 100;

/**
 * Runs the model's steps one after the other as long as there is something to do. The end of a step is the start of
 * the next, so that timers that fire late shift single tokens and not the throughput.
 */
export function runEngine(model: EngineModel, clock: Clock): Engine {
  const listeners = new Map<number, (isLast: boolean) => void>();
  const stopping = new AbortController();
  let nextId = 0;
  let isRunning = false;

  const isStopped = () => stopping.signal.aborted;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    // What arrives in the same turn of the event loop joins the same step.
    await setImmediate();
    let atMs = clock.monotonic();
    for (let step = model.step(); step && !isStopped(); step = model.step()) {
      atMs = Math.max(atMs, clock.monotonic() - LONGEST_CATCH_UP_MS) + step.durationMs;
      const waitMs = atMs - clock.monotonic();
      if (waitMs > 0) await clock.sleep(waitMs, stopping.signal);
      // Requests have to get through even where there is nothing to wait for.
      else await setImmediate();
      if (isStopped()) break;
      for (const { id, isLast } of step.tokens) {
        const onToken = listeners.get(id);
        if (isLast) listeners.delete(id);
        onToken?.(isLast);
      }
    }
    isRunning = false;
  };

  return {
    submit(promptTokens, outputTokens, onToken) {
      const id = nextId++;
      listeners.set(id, onToken);
      model.submit({ id, promptTokens, outputTokens });
      void run();
      return () => {
        listeners.delete(id);
        model.cancel(id);
      };
    },
    stop() {
      listeners.clear();
      stopping.abort();
    },
  };
}
