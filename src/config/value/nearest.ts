import { distance } from 'fastest-levenshtein';

/** Of some names the one that was probably meant, if any is near enough. */
export function findNearest(written: string, names: Iterable<string>): string | undefined {
  const wanted = normalize(written);
  // A third of the letters wrong is still a typing error, and so are two letters swapped; more is another word.
  let best = Math.max(wanted.length < 4 ? 1 : 2, Math.floor(wanted.length / 3)) + 1;
  let nearest: string | undefined;
  for (const name of names) {
    const candidate = normalize(name);
    const steps = distance(wanted, candidate);
    if (steps < best) {
      best = steps;
      nearest = name;
    } else if (nearest === undefined && isShortened(wanted, candidate)) {
      nearest = name;
    }
  }
  return nearest;
}

/** `did you mean …?`, or all there is to choose from where nothing is near and the list is short. */
export function suggest(written: string, names: Iterable<string>, whatTheyAre: string): string {
  const known = [...names];
  const nearest = findNearest(written, known);
  if (nearest !== undefined) return `did you mean \`${nearest}\`?`;
  if (known.length === 0 || known.length > 12) return '';
  return `${whatTheyAre}: ${known.join(', ')}`;
}

/** Spelling in another style is no mistake that counts: `maxRetries`, `max-retries`. */
function normalize(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}

function isShortened(wanted: string, candidate: string): boolean {
  return wanted.length >= 4 && (candidate.startsWith(wanted) || candidate.endsWith(`_${wanted}`));
}
