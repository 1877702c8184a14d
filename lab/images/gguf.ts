/**
 * Writes models in GGUF, the format of llama.cpp, version 3: a header, typed key-value pairs, a table of tensors, and
 * the tensors themselves, aligned. Specification: docs/gguf.md of the ggml project.
 */

/** `u32`, `f32` and so on are the format's own types; a list has one type for all its elements. */
export type GgufValue =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'f32s' | 'i32s'; readonly value: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** The fastest-running dimension first: `[inputs, outputs]` for a weight matrix. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const ALIGNMENT = 32;
const TENSOR_F32 = 0;
const TYPE_IDS = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, list: 9 } as const;

export function encodeGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Buffer {
  const pairs = Object.entries(metadata);
  const head: Buffer[] = [
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs.flatMap(([key, value]) => [string(key), ...typedValue(value)]),
  ];
  const body: Buffer[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    head.push(
      string(tensor.name),
      u32(tensor.shape.length),
      ...tensor.shape.map((size) => u64(size)),
      u32(TENSOR_F32),
      u64(offset),
    );
    const data = aligned(floats(tensor.data));
    body.push(data);
    offset += data.length;
  }
  return Buffer.concat([aligned(Buffer.concat(head)), ...body]);
}

function typedValue(value: GgufValue): Buffer[] {
  switch (value.type) {
    case 'u32':
      return [u32(TYPE_IDS.u32), u32(value.value)];
    case 'i32':
      return [u32(TYPE_IDS.i32), i32(value.value)];
    case 'f32':
      return [u32(TYPE_IDS.f32), floats([value.value])];
    case 'bool':
      return [u32(TYPE_IDS.bool), Buffer.from([value.value ? 1 : 0])];
    case 'string':
      return [u32(TYPE_IDS.string), string(value.value)];
    case 'strings':
      return [...listHead(TYPE_IDS.string, value.value.length), ...value.value.map(string)];
    case 'f32s':
      return [...listHead(TYPE_IDS.f32, value.value.length), floats(value.value)];
    case 'i32s':
      return [...listHead(TYPE_IDS.i32, value.value.length), ...value.value.map(i32)];
  }
}

function listHead(elementType: number, length: number): Buffer[] {
  return [u32(TYPE_IDS.list), u32(elementType), u64(length)];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function floats(values: Iterable<number>): Buffer {
  const list = [...values];
  const bytes = Buffer.alloc(list.length * 4);
  list.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function aligned(bytes: Buffer): Buffer {
  const rest = bytes.length % ALIGNMENT;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(ALIGNMENT - rest)]);
}
