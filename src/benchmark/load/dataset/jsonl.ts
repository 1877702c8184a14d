import { readFile } from 'node:fs/promises';

import type { BenchConfigProblem } from '../config/config-file.js';
import type { Dataset, Prompt } from './dataset.js';

export type LoadedDataset =
  | { readonly ok: true; readonly dataset: Dataset }
  | { readonly ok: false; readonly problems: readonly BenchConfigProblem[] };

/** More of them say nothing new. */
const MOST_PROBLEMS = 20;

/**
 * Reads a dataset of one JSON object per line: `prompt` (a text) or `messages` (of a chat), and optionally
 * `output_len`. Other members are ignored. Prompts are taken in the file's order, again from the first where there are
 * more requests than lines.
 *
 * @param takesMessages Whether the endpoint is one for chats.
 */
export async function loadJsonlDataset(
  path: string,
  takesMessages: boolean,
): Promise<LoadedDataset> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { message } = error as Error;
    return refuse([{ where: path, message: `the dataset cannot be read: ${message}`, hint: '' }]);
  }

  const prompts: Prompt[] = [];
  const problems: BenchConfigProblem[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const prompt = parseLine(line, takesMessages);
    if (typeof prompt !== 'string') prompts.push(prompt);
    else problems.push({ where: `${path}:${index + 1}`, message: prompt, hint: '' });
    if (problems.length === MOST_PROBLEMS) break;
  }
  if (problems.length > 0) return refuse(problems);
  const [first] = prompts;
  if (!first) {
    return refuse([{ where: path, message: 'the dataset holds no prompt', hint: '' }]);
  }
  return {
    ok: true,
    dataset: {
      size: prompts.length,
      prompt: (index) => prompts[index % prompts.length] ?? first,
    },
  };
}

function refuse(problems: readonly BenchConfigProblem[]): LoadedDataset {
  return { ok: false, problems };
}

/** @returns What is wrong with the line, where something is. */
function parseLine(line: string, takesMessages: boolean): Prompt | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not valid JSON: ${(error as Error).message}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'not a JSON object';
  }
  const { prompt, messages, output_len: outputLen = null } = value as Record<string, unknown>;
  if (outputLen !== null && !(Number.isSafeInteger(outputLen) && (outputLen as number) >= 1)) {
    return 'output_len: expected a whole number, at least 1';
  }
  const lengths = { inputLen: null, outputLen: outputLen as number | null };
  if (messages !== undefined) {
    if (!Array.isArray(messages) || messages.length === 0) {
      return 'messages: expected a list that is not empty';
    }
    return takesMessages
      ? { content: messages, ...lengths }
      : 'messages need the endpoint chat (--endpoint chat)';
  }
  return typeof prompt === 'string' && prompt !== ''
    ? { content: prompt, ...lengths }
    : 'expected a "prompt" (a text) or "messages" (a list)';
}
