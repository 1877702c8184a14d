/** The answer of the survey: by word, the texts that follow it, in order. */
export type Answer = ReadonlyMap<string, readonly string[]>;

/** @param text What the survey prints; it may have been cut off. */
export function parseAnswer(text: string): Answer {
  const answer = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab === -1) continue;
    const word = line.slice(0, tab);
    answer.set(word, [...(answer.get(word) ?? []), line.slice(tab + 1)]);
  }
  return answer;
}

/** The only text of a word; `null` where there is none, or it says nothing. */
export function textOf(answer: Answer, word: string): string | null {
  const text = answer.get(word)?.[0]?.trim() ?? '';
  return text === '' ? null : text;
}

export function linesOf(answer: Answer, word: string): readonly string[] {
  return answer.get(word) ?? [];
}

/** A whole number, `null` for everything else. */
export function countOf(text: string | null | undefined): number | null {
  const trimmed = text?.trim() ?? '';
  return /^\d+$/.test(trimmed) ? Number(trimmed) : null;
}
