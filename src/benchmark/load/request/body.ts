import type { Prompt } from '../dataset/dataset.js';

/** What every request of a measurement has in common. */
export interface BodyTemplate {
  readonly isChat: boolean;
  readonly model: string;
  /** `max_tokens` where the prompt gives none. */
  readonly outputLen: number;
  readonly ignoreEos: boolean;
  /** Added last; a `null` takes a member away. */
  readonly extraBody: Readonly<Record<string, unknown>>;
}

/** The JSON body of one request. */
export function buildBody(template: BodyTemplate, prompt: Prompt): Buffer {
  const { isChat, model, outputLen, ignoreEos, extraBody } = template;
  const body: Readonly<Record<string, unknown>> = {
    model,
    ...(isChat ? { messages: toMessages(prompt) } : { prompt: prompt.content }),
    // Newer than max_tokens is max_completion_tokens, but every server knows the older.
    max_tokens: prompt.outputLen ?? outputLen,
    stream: true,
    stream_options: { include_usage: true },
    ...(ignoreEos ? { ignore_eos: true } : {}),
    ...extraBody,
  };
  return Buffer.from(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(body).filter(([key, value]) => value !== null || !(key in extraBody)),
      ),
    ),
  );
}

function toMessages({ content }: Prompt): readonly unknown[] {
  return typeof content === 'string' ? [{ role: 'user', content }] : content;
}
