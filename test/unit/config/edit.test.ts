import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { setScenarioEnabled } from '../../../src/config/edit.js';
import { load, type Files } from './temporary-project.js';

async function edited(
  metadata: string,
  isEnabled: boolean,
  files: Files = {},
): Promise<string | undefined> {
  const loaded = await load({ 'scenarios/one/metadata.yaml': metadata, ...files });
  return (await setScenarioEnabled(loaded, 'one', isEnabled))?.text;
}

describe('switching a scenario', () => {
  it.each([
    [
      'name: first\nenabled: true # why\ntags: [a]\n',
      'name: first\nenabled: false # why\ntags: [a]\n',
    ],
    [
      '# top\n\nname: "first"   # what\n\ntags: [a]\n',
      '# top\n\nname: "first"   # what\nenabled: false\n\ntags: [a]\n',
    ],
    ['tags:\n- a\nname: first', 'tags:\n- a\nname: first\nenabled: false'],
    ['{ name: first }\n', '{ name: first, enabled: false }\n'],
    ['{name: first, tags: [a, b]}', '{name: first, tags: [a, b], enabled: false}'],
    ['name: first\r\ntags: []\r\n', 'name: first\r\nenabled: false\r\ntags: []\r\n'],
    ['\uFEFFname: first\n', '\uFEFFname: first\nenabled: false\n'],
    ['name: first\nenabled:\ntags: [a]\n', 'name: first\nenabled: false\ntags: [a]\n'],
    [
      '---\nname: first\n  # odd comment\ndescription: >\n  some\n  text\n',
      '---\nname: first\nenabled: false\n  # odd comment\ndescription: >\n  some\n  text\n',
    ],
  ])('off changes %j only where it has to', async (before, after) => {
    expect(await edited(before, false)).toBe(after);
  });

  it.each([
    ['name: first\nenabled:   false\n', 'name: first\nenabled:   true\n'],
    ['name: first\nenabled: "${OFF:-false}"   # x\n', 'name: first\nenabled: true   # x\n'],
  ])('on changes %j only where it has to', async (before, after) => {
    expect(await edited(before, true)).toBe(after);
  });

  it('to what it is already changes nothing', async () => {
    const loaded = await load({});
    const edit = await setScenarioEnabled(loaded, 'first', true);
    expect(edit).toEqual({
      file: join(loaded.project?.root ?? '', 'scenarios/one/metadata.yaml'),
      text: 'name: first\n',
      isChange: false,
    });
  });

  it.each([
    ['    - directory: one\n', '    - directory: one\n      enabled: false\n'],
    [
      '    - name: first # x\n      directory: one\n',
      '    - name: first # x\n      enabled: false\n      directory: one\n',
    ],
    ['    - { directory: one } # y\n', '    - { directory: one, enabled: false } # y\n'],
    ['    - directory: one\n      enabled: true\n', '    - directory: one\n      enabled: false\n'],
  ])('in custom mode edits its entry (%j)', async (before, after) => {
    const yaml = (entry: string) =>
      `execution:\n  execution_mode: custom\n  # order\n  custom_order:\n${entry}`;
    const loaded = await load({ 'config/scenarios.yaml': yaml(before) });
    const edit = await setScenarioEnabled(loaded, 'first', false);
    expect(edit?.text).toBe(yaml(after));
    expect(edit?.file).toBe(join(loaded.project?.root ?? '', 'config/scenarios.yaml'));
  });

  it('knows what it does not know', async () => {
    expect(await setScenarioEnabled(await load({}), 'second', false)).toBeUndefined();
    expect(await edited('name: [\n', false)).toBeUndefined();
  });

  it('leaves the file itself to its caller', async () => {
    const loaded = await load({});
    const edit = await setScenarioEnabled(loaded, 'one', false);
    expect(readFileSync(edit?.file ?? '', 'utf8')).toBe('name: first\n');
  });

  it('and back gives a file that says the same, whatever else is in it', async () => {
    const lines = fc.shuffledSubarray(
      [
        'tags: [a, b] # c',
        '# comment',
        '',
        'description: |\n  text\n\n  more',
        'estimated_duration: 5m',
        'test_execution:\n  timeout: 5',
        'x-note: { a: 1 }',
      ],
      { minLength: 0 },
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.nat(8), async (others, at) => {
        const all = [...others];
        all.splice(at, 0, 'name: first');
        const before = `${all.join('\n')}\n`;
        const off = await edited(before, false);
        expect(off).toBe(before.replace(/name: first\n/, 'name: first\nenabled: false\n'));
        expect(await edited(off ?? '', true)).toBe(off?.replace('enabled: false', 'enabled: true'));
      }),
      { numRuns: 25 },
    );
  });
});
