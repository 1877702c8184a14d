import { createRandom } from '../../seeded-random.js';
import { WORDS } from '../../words.js';
import type { Dataset } from './dataset.js';

/** Prompts of random words, about as many tokens as asked for. No two begin alike, so no prefix cache helps. */
export function createRandomDataset(seed: number, inputLen: number): Dataset {
  return {
    size: Infinity,
    prompt(index, loadPoint) {
      const random = createRandom(seed, loadPoint, index);
      const words = Array.from(
        { length: inputLen },
        () => WORDS[Math.floor(random() * WORDS.length)],
      );
      return { content: words.join(' '), inputLen, outputLen: null };
    },
  };
}
