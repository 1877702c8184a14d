type JsonObject = Readonly<Record<string, unknown>>;

/** A request for a completion or chat completion, as far as a simulator looks at it. */
export interface CompletionRequest {
  readonly isChat: boolean;
  readonly promptTokens: number;
  /** `null`: as long as the engine likes. */
  readonly maxTokens: number | null;
  readonly ignoresEos: boolean;
  readonly isStreaming: boolean;
  readonly includesUsage: boolean;
}

/** Why a request is refused, as vllm would. */
export interface Refusal {
  readonly status: 400 | 404;
  readonly message: string;
}

/** What OpenAI's API makes of a completion that says nothing. */
const DEFAULT_MAX_TOKENS = 16;

export function parseCompletionRequest(
  body: JsonObject,
  isChat: boolean,
  model: string,
): CompletionRequest | Refusal {
  if (body.model !== undefined && body.model !== null && body.model !== model) {
    return { status: 404, message: `The model ${JSON.stringify(body.model)} does not exist.` };
  }
  if (body.n !== undefined && body.n !== null && body.n !== 1) {
    return {
      status: 400,
      message: 'This simulator makes one choice for each request: n must be 1.',
    };
  }
  const promptTokens = isChat ? countMessageTokens(body.messages) : countPromptTokens(body.prompt);
  if (promptTokens === null) {
    return {
      status: 400,
      message: isChat
        ? 'messages: expected a list of objects with "role" and "content".'
        : 'prompt: expected a text or a list of token ids.',
    };
  }
  const given = body.max_completion_tokens ?? body.max_tokens ?? null;
  if (given !== null && !(Number.isSafeInteger(given) && Number(given) >= 1)) {
    return { status: 400, message: 'max_tokens: expected a whole number, at least 1.' };
  }
  const streamOptions = isObject(body.stream_options) ? body.stream_options : {};
  return {
    isChat,
    promptTokens,
    maxTokens: given === null ? (isChat ? null : DEFAULT_MAX_TOKENS) : Number(given),
    ignoresEos: body.ignore_eos === true,
    isStreaming: body.stream === true,
    includesUsage: streamOptions.include_usage === true,
  };
}

/** One token a word; a list of numbers is one of token ids. `null`: not a prompt. */
function countPromptTokens(prompt: unknown): number | null {
  if (typeof prompt === 'string') return Math.max(1, countWords(prompt));
  if (!Array.isArray(prompt) || prompt.length === 0) return null;
  const parts = prompt as readonly unknown[];
  if (parts.every((part) => typeof part === 'number')) return parts.length;
  return parts.length === 1 ? countPromptTokens(parts[0]) : null;
}

/** What the template of a chat adds to each message, roughly. */
const TOKENS_PER_MESSAGE = 4;

function countMessageTokens(messages: unknown): number | null {
  if (!Array.isArray(messages) || messages.length === 0) return null;
  let tokens = 0;
  for (const message of messages as readonly unknown[]) {
    if (!isObject(message) || typeof message.role !== 'string') return null;
    tokens += TOKENS_PER_MESSAGE + countContent(message.content);
  }
  return tokens;
}

function countContent(content: unknown): number {
  if (typeof content === 'string') return countWords(content);
  if (!Array.isArray(content)) return 0;
  return (content as readonly unknown[]).reduce<number>(
    (sum, part) =>
      sum + (isObject(part) && typeof part.text === 'string' ? countWords(part.text) : 0),
    0,
  );
}

function countWords(text: string): number {
  let words = 0;
  let isInWord = false;
  for (let index = 0; index < text.length; index += 1) {
    // Space and everything below it.
    const isSpace = text.charCodeAt(index) <= 32;
    if (!isSpace && !isInWord) words += 1;
    isInWord = !isSpace;
  }
  return words;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
