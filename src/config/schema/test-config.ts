/**
 * `test_config.json`, as the built-in load generator reads it. For editors only: a test script of one's own may keep
 * there whatever it wants, so nothing is refused.
 */
const loadPoint = (description: string, item: object) =>
  ({ description, anyOf: [item, { type: 'array', items: item }] }) as const;

export const testConfigSchema = {
  title: 'playbook test_config.json',
  description: 'Parameters of the benchmark. These are the keys of the built-in load generator.',
  type: 'object',
  additionalProperties: true,
  properties: {
    base_url: { type: 'string', description: 'The server: http://127.0.0.1:8000.' },
    model: { type: 'string', description: 'The model to ask for.' },
    endpoint: {
      type: 'string',
      description: 'What is measured: /v1/completions or /v1/chat/completions.',
    },
    num_prompts: { type: 'integer', minimum: 1, description: 'Requests per load point.' },
    max_concurrency: loadPoint('Requests under way at once. A list is a sweep of load points.', {
      type: 'integer',
      minimum: 1,
    }),
    request_rate: loadPoint(
      'Requests per second, with Poisson arrivals; "inf" for as fast as the concurrency allows. A list is a sweep.',
      { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, { const: 'inf' }] },
    ),
    input_len: { type: 'integer', minimum: 1, description: 'Tokens of a random prompt.' },
    output_len: { type: 'integer', minimum: 1, description: 'Tokens to generate.' },
    dataset: { type: 'string', description: '"random", or a JSONL file with prompts.' },
    seed: { type: 'integer', description: 'For random prompts and arrivals.' },
    warmup: { type: 'integer', minimum: 0, description: 'Requests before the measurement.' },
    timeout: {
      type: ['number', 'string'],
      description: 'Limit for one request: seconds, or a duration such as 90s.',
    },
    extra_body: { type: 'object', description: 'Added to the body of every request.' },
    api_key_env: {
      type: 'string',
      description: 'The environment variable that holds the API key.',
    },
    metadata: { type: 'object', description: 'Kept with the results.' },
  },
} as const;
