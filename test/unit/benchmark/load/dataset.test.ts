import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadJsonlDataset } from '../../../../src/benchmark/load/dataset/jsonl.js';
import { createRandomDataset } from '../../../../src/benchmark/load/dataset/random.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

async function load(text: string, takesMessages = false) {
  const file = path.join(await makeTempFolder(), 'prompts.jsonl');
  await writeFile(file, text);
  const loaded = await loadJsonlDataset(file, takesMessages);
  if (loaded.ok) return { dataset: loaded.dataset, problems: [] };
  const problems = loaded.problems.map(
    ({ where, message }) => `${where.replace(file, 'prompts.jsonl')}: ${message}`,
  );
  return { problems };
}

describe('the random dataset', () => {
  it('makes prompts of as many words as tokens were asked for', () => {
    const { content, inputLen } = createRandomDataset(1, 50).prompt(0, 0);
    expect(String(content).split(' ')).toHaveLength(50);
    expect(inputLen).toBe(50);
  });

  it('makes the same prompt for the same seed, load point and index only', () => {
    const first = createRandomDataset(1, 20);
    expect(createRandomDataset(1, 20).prompt(3, 2)).toEqual(first.prompt(3, 2));
    const others = [
      first.prompt(3, 2),
      first.prompt(4, 2),
      first.prompt(3, 3),
      createRandomDataset(2, 20).prompt(3, 2),
    ];
    // No two begin alike: a prefix cache would make all but the first too fast.
    const beginnings = others.map(({ content }) => String(content).split(' ', 4).join(' '));
    expect(new Set(beginnings).size).toBe(4);
  });
});

describe('a JSONL dataset', () => {
  it('gives its prompts in order and begins again at its end', async () => {
    const { dataset } = await load(
      '{"prompt": "one", "output_len": 7}\r\n\n{"prompt": "two", "id": 2}\n',
    );
    expect(dataset?.size).toBe(2);
    expect([0, 1, 2].map((index) => dataset?.prompt(index, 0).content)).toEqual([
      'one',
      'two',
      'one',
    ]);
    expect(dataset?.prompt(0, 0)).toEqual({ content: 'one', inputLen: null, outputLen: 7 });
    expect(dataset?.prompt(1, 5)).toEqual({ content: 'two', inputLen: null, outputLen: null });
  });

  it('holds messages for a chat, and prompts too', async () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const { dataset } = await load(`${JSON.stringify({ messages })}\n{"prompt": "two"}`, true);
    expect(dataset?.prompt(0, 0).content).toEqual(messages);
    expect(dataset?.prompt(1, 0).content).toBe('two');
  });

  it('is refused with every line that is wrong', async () => {
    const { problems } = await load(
      [
        '{"prompt": "fine"}',
        '{"prompt": ""}',
        '{"text": "x"}',
        'not json',
        '[1]',
        '{"prompt": "x", "output_len": 0}',
        '{"messages": [{"role": "user", "content": "x"}]}',
      ].join('\n'),
    );
    expect(problems).toEqual([
      'prompts.jsonl:2: expected a "prompt" (a text) or "messages" (a list)',
      'prompts.jsonl:3: expected a "prompt" (a text) or "messages" (a list)',
      expect.stringMatching(/^prompts.jsonl:4: not valid JSON/) as string,
      'prompts.jsonl:5: not a JSON object',
      'prompts.jsonl:6: output_len: expected a whole number, at least 1',
      'prompts.jsonl:7: messages need the endpoint chat (--endpoint chat)',
    ]);
  });

  it('is refused where it is empty or cannot be read', async () => {
    expect((await load('\n\n')).problems).toEqual(['prompts.jsonl: the dataset holds no prompt']);
    const missing = await loadJsonlDataset('/does/not/exist.jsonl', false);
    expect(missing).toMatchObject({ ok: false, problems: [{ message: /cannot be read: ENOENT/ }] });
  });
});
