/** Where requests go and which form they have. */
export interface Endpoint {
  readonly url: URL;
  /** Whether it takes messages, as chats do, or a text. */
  readonly isChat: boolean;
}

/**
 * The URL of an endpoint. A base URL may end in `/v1`, as clients of OpenAI expect it, or leave that out.
 *
 * @param endpoint `completions`, `chat`, or a path.
 */
export function resolveEndpoint(baseUrl: string, endpoint: string): Endpoint {
  const path = PATHS[endpoint] ?? endpoint;
  return { url: resolveUrl(baseUrl, path), isChat: /\/chat(\/|$)/.test(path) };
}

const PATHS: Readonly<Record<string, string>> = {
  completions: '/v1/completions',
  chat: '/v1/chat/completions',
};

/** A path of the server, whose own path (`/openai/v1`) comes first. */
export function resolveUrl(baseUrl: string, path: string): URL {
  const base = path.startsWith('/v1/') ? baseUrl.replace(/\/v1$/, '') : baseUrl;
  return new URL(`${base}${path}`);
}
