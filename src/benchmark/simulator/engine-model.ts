import type { Random } from '../seeded-random.js';

/** How long the steps of an engine take. */
export interface EngineTiming {
  /** For each token of the prompt of a sequence that joins. */
  readonly prefillMsPerToken: number;
  /** For a step, however many sequences it serves. */
  readonly decodeMs: number;
  /** For each sequence in a step. */
  readonly decodeMsPerSequence: number;
  /** How far a step may be off, as a share of its length: 0.1 is up to 10 % shorter or longer. */
  readonly jitter: number;
}

/** How much an engine takes on at once. */
export interface EngineLimits {
  /** Sequences in a step. */
  readonly maxBatch: number;
  /** Prompt tokens in a step; one prompt is always taken, however long. */
  readonly maxPrefillTokens: number;
}

/** What is asked of the engine by one request. */
export interface Sequence {
  /** Unique. */
  readonly id: number;
  /** Tokens to prefill; 0 where another worker has done that. */
  readonly promptTokens: number;
  /** Tokens to make, at least 1. */
  readonly outputTokens: number;
}

/** What one step does. Its tokens come at its end. */
interface Step {
  readonly durationMs: number;
  /** One token for each sequence in the batch. */
  readonly tokens: readonly { readonly id: number; readonly isLast: boolean }[];
}

export interface EngineModel {
  /** Puts a sequence at the end of the queue. */
  submit(sequence: Sequence): void;
  /** Takes a sequence out, wherever it is. */
  cancel(id: number): void;
  /** Begins the next step. `null`: there is nothing to do. */
  step(): Step | null;
  readonly running: number;
  readonly waiting: number;
}

/**
 * The timing of an engine with continuous batching, as a state machine that knows no time but the length of its steps.
 * At the start of a step, waiting sequences join in the order in which they came, while there is room in the batch and
 * in the step's budget of prompt tokens. Their prefill shares the step with the others' decoding, which it holds up:
 *
 * step = decode + decode per sequence · batch + prefill per token · prompt tokens that join
 *
 * At its end every sequence in the batch gets a token, a joining one its first, and those that are complete leave.
 *
 * @param random For the jitter.
 */
export function createEngineModel(
  timing: EngineTiming,
  limits: EngineLimits,
  random: Random,
): EngineModel {
  /** By id, in the order in which they joined; with the tokens that are still to be made. */
  const batch = new Map<number, number>();
  /** By id, in the order in which they came. */
  const queue = new Map<number, Sequence>();

  /** @returns The prompt tokens of those that join. */
  const admit = (): number => {
    let prefillTokens = 0;
    for (const sequence of queue.values()) {
      if (batch.size >= limits.maxBatch) break;
      const needed = prefillTokens + sequence.promptTokens;
      if (prefillTokens > 0 && needed > limits.maxPrefillTokens) break;
      prefillTokens = needed;
      queue.delete(sequence.id);
      batch.set(sequence.id, sequence.outputTokens);
    }
    return prefillTokens;
  };

  return {
    get running() {
      return batch.size;
    },
    get waiting() {
      return queue.size;
    },
    submit(sequence) {
      queue.set(sequence.id, sequence);
    },
    cancel(id) {
      queue.delete(id);
      batch.delete(id);
    },
    step() {
      const prefillTokens = admit();
      if (batch.size === 0) return null;
      const exactMs =
        timing.decodeMs +
        timing.decodeMsPerSequence * batch.size +
        timing.prefillMsPerToken * prefillTokens;
      const tokens = [...batch].map(([id, remaining]) => ({ id, isLast: remaining <= 1 }));
      for (const { id, isLast } of tokens) {
        if (isLast) batch.delete(id);
        else batch.set(id, (batch.get(id) ?? 0) - 1);
      }
      return { durationMs: exactMs * (1 + timing.jitter * (2 * random() - 1)), tokens };
    },
  };
}
