import type { FailureRecord } from '../../model/result.js';
import { summarizeFailure } from '../failure.js';
import { code, codeBlock, escapeText } from './escape.js';

/** What failed, the culprit's last lines, and what to do about it. */
export function renderMarkdownFailure(failure: FailureRecord): string {
  const parts = [`**${escapeText(summarizeFailure(failure))}** (${code(failure.kind)})`];
  if (failure.output.length > 0) {
    const whose = failure.service ?? 'the script';
    parts.push(`The last lines of ${escapeText(whose)}:`, codeBlock(failure.output));
  }
  if (failure.hint !== null) parts.push(`What to do: ${escapeText(failure.hint)}`);
  return parts.join('\n\n');
}

/** Failures that came after the first cause, a line each. */
export function renderFurtherFailures(failures: readonly FailureRecord[]): string {
  return failures
    .map((failure) => `- ${escapeText(summarizeFailure(failure))} (${code(failure.kind)})`)
    .join('\n');
}
