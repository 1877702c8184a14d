/** `after 12 tokens`, `before the first token`. */
export function afterTokens(count: number): string {
  if (count === 0) return 'before the first token';
  return count === 1 ? 'after 1 token' : `after ${count} tokens`;
}
