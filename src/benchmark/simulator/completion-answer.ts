import { SIMULATOR_NAME } from './options.js';

/** The bodies of one answer, in the form of OpenAI's API. */
export interface AnswerFormat {
  /** The event of one token; a chat's first is preceded by the one that names the role. */
  tokenEvent(text: string, isFirst: boolean, finishReason: FinishReason | null): string;
  usageEvent(outputTokens: number): string;
  /** The whole answer at once. */
  whole(text: string, outputTokens: number, finishReason: FinishReason): unknown;
}

/** `length`: the limit was reached; `stop`: the answer had ended by itself. */
export type FinishReason = 'length' | 'stop';

export const DONE_EVENT = 'data: [DONE]\n\n';

interface AnswerSubject {
  readonly isChat: boolean;
  readonly number: number;
  readonly model: string;
  readonly promptTokens: number;
  /** Seconds since the epoch. */
  readonly created: number;
}

export function formatAnswer(subject: AnswerSubject): AnswerFormat {
  const { isChat, number, model, promptTokens, created } = subject;
  const common = (object: string) => ({
    id: `${isChat ? 'chatcmpl' : 'cmpl'}-simulated-${number}`,
    object,
    created,
    model,
    system_fingerprint: SIMULATOR_NAME,
  });
  const streamed = common(isChat ? 'chat.completion.chunk' : 'text_completion');
  const usage = (outputTokens: number) => ({
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
  });
  const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
  // Only the choice changes from token to token.
  const head = `data: ${JSON.stringify(streamed).slice(0, -1)},"choices":[`;
  const choiceEvent = (choice: unknown) => `${head}${JSON.stringify(choice)}]}\n\n`;

  return {
    tokenEvent(text, isFirst, finishReason) {
      if (!isChat) {
        return choiceEvent({ index: 0, text, logprobs: null, finish_reason: finishReason });
      }
      const token = choiceEvent({
        index: 0,
        delta: { content: text },
        logprobs: null,
        finish_reason: finishReason,
      });
      if (!isFirst) return token;
      const delta = { role: 'assistant', content: '' };
      return choiceEvent({ index: 0, delta, logprobs: null, finish_reason: null }) + token;
    },
    usageEvent: (outputTokens) => event({ ...streamed, choices: [], usage: usage(outputTokens) }),
    whole(text, outputTokens, finishReason) {
      const choice = isChat
        ? { index: 0, message: { role: 'assistant', content: text }, finish_reason: finishReason }
        : { index: 0, text, logprobs: null, finish_reason: finishReason };
      return {
        ...common(isChat ? 'chat.completion' : 'text_completion'),
        choices: [choice],
        usage: usage(outputTokens),
      };
    },
  };
}
