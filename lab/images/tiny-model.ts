import { encodeGguf } from './gguf.js';
import type { GgufTensor, GgufValue } from './gguf.js';

const LAYERS = 2;
const WIDTH = 64;
const HEADS = 4;
const KV_HEADS = 2;
const FEED_FORWARD = 128;
const CONTEXT = 8192;

/** One token per byte, after the three that every llama vocabulary begins with. */
const SPECIAL_TOKENS = ['<unk>', '<s>', '</s>'];
const VOCABULARY = SPECIAL_TOKENS.length + 256;
const TOKEN_TYPE = { unknown: 2, control: 3, byte: 6 } as const;

const CHAT_TEMPLATE =
  "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";

/**
 * A llama with random weights, a third of a megabyte, the same bytes every time. It talks nonsense in printable ASCII and
 * never ends a text by itself: every answer is as long as `max_tokens` asks for.
 */
export function buildTinyModel(): Buffer {
  return encodeGguf(metadata(), tensors());
}

function metadata(): Record<string, GgufValue> {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const names = bytes.map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  return {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.name': { type: 'string', value: 'tiny' },
    'llama.vocab_size': { type: 'u32', value: VOCABULARY },
    'llama.context_length': { type: 'u32', value: CONTEXT },
    'llama.embedding_length': { type: 'u32', value: WIDTH },
    'llama.block_count': { type: 'u32', value: LAYERS },
    'llama.feed_forward_length': { type: 'u32', value: FEED_FORWARD },
    'llama.attention.head_count': { type: 'u32', value: HEADS },
    'llama.attention.head_count_kv': { type: 'u32', value: KV_HEADS },
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'llama.rope.dimension_count': { type: 'u32', value: WIDTH / HEADS },
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'strings', value: [...SPECIAL_TOKENS, ...names] },
    'tokenizer.ggml.scores': { type: 'f32s', value: new Array<number>(VOCABULARY).fill(0) },
    'tokenizer.ggml.token_type': {
      type: 'i32s',
      value: [
        TOKEN_TYPE.unknown,
        TOKEN_TYPE.control,
        TOKEN_TYPE.control,
        ...bytes.map(() => TOKEN_TYPE.byte),
      ],
    },
    'tokenizer.ggml.unknown_token_id': { type: 'u32', value: 0 },
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: 1 },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: 2 },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
    'tokenizer.chat_template': { type: 'string', value: CHAT_TEMPLATE },
  };
}

function tensors(): GgufTensor[] {
  const random = seededNormal(1);
  const matrix = (name: string, inputs: number, outputs: number): GgufTensor => ({
    name,
    shape: [inputs, outputs],
    data: Float32Array.from({ length: inputs * outputs }, () => random() / Math.sqrt(inputs)),
  });
  const norm = (name: string): GgufTensor => ({
    name,
    shape: [WIDTH],
    data: new Float32Array(WIDTH).fill(1),
  });
  const kvWidth = (WIDTH / HEADS) * KV_HEADS;
  const layers = Array.from({ length: LAYERS }, (_, layer) => [
    norm(`blk.${layer}.attn_norm.weight`),
    matrix(`blk.${layer}.attn_q.weight`, WIDTH, WIDTH),
    matrix(`blk.${layer}.attn_k.weight`, WIDTH, kvWidth),
    matrix(`blk.${layer}.attn_v.weight`, WIDTH, kvWidth),
    matrix(`blk.${layer}.attn_output.weight`, WIDTH, WIDTH),
    norm(`blk.${layer}.ffn_norm.weight`),
    matrix(`blk.${layer}.ffn_gate.weight`, WIDTH, FEED_FORWARD),
    matrix(`blk.${layer}.ffn_up.weight`, WIDTH, FEED_FORWARD),
    matrix(`blk.${layer}.ffn_down.weight`, FEED_FORWARD, WIDTH),
  ]);
  return [
    matrix('token_embd.weight', WIDTH, VOCABULARY),
    ...layers.flat(),
    norm('output_norm.weight'),
    { name: 'output.weight', shape: [WIDTH, VOCABULARY], data: outputWeights(random) },
  ];
}

/**
 * Scores for printable ASCII spread widely around 0, and exactly 0 for all else: with some fifty candidates above 0,
 * neither greedy choice nor the usual top-k reaches a byte that is no text, or the end of the text.
 */
function outputWeights(random: () => number): Float32Array {
  const data = new Float32Array(WIDTH * VOCABULARY);
  for (let byte = 0x20; byte <= 0x7e; byte++) {
    const row = (SPECIAL_TOKENS.length + byte) * WIDTH;
    for (let column = 0; column < WIDTH; column++) data[row + column] = random() / 2;
  }
  return data;
}

/** Normally distributed numbers, always the same for one seed (mulberry32, then Box and Muller). */
function seededNormal(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
