import { readFile } from 'node:fs/promises';

import { isMap, isScalar, isSeq, parseDocument, type Pair, type YAMLMap } from 'yaml';

import type { LoadedProject } from './loaded.js';

/** A change to a file that leaves every other byte of it as it was. */
export interface Edit {
  /** Absolute. */
  readonly file: string;
  /** The whole new text. */
  readonly text: string;
  /** `false`: the file says so already. */
  readonly isChange: boolean;
}

/**
 * What to write to switch a scenario on or off: in custom mode its entry in `custom_order`, else its `metadata.yaml`.
 *
 * @param name By name or directory.
 * @returns `undefined` where there is no such scenario, or the file cannot be read as YAML.
 */
export async function setScenarioEnabled(
  loaded: Pick<LoadedProject, 'outlines'>,
  name: string,
  isEnabled: boolean,
): Promise<Edit | undefined> {
  const outline =
    loaded.outlines.find((candidate) => candidate.name === name) ??
    loaded.outlines.find((candidate) => candidate.directory === name);
  if (!outline?.switch) return undefined;
  const { file, customIndex } = outline.switch;
  const whole = await readFile(file, 'utf8');
  if (outline.isEnabled === isEnabled) return { file, text: whole, isChange: false };
  const mark = whole.startsWith('\uFEFF') ? '\uFEFF' : '';
  const before = whole.slice(mark.length);
  const map = findMap(before, customIndex);
  const text = map && editText(before, map, isEnabled);
  // Odd ways of writing may defeat the edit; then it is better not to be made.
  const isDone = text !== undefined && findMap(text, customIndex)?.get('enabled') === isEnabled;
  return isDone ? { file, text: mark + text, isChange: true } : undefined;
}

function findMap(text: string, customIndex: number | null): YAMLMap | undefined {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) return undefined;
  if (customIndex === null) return isMap(document.contents) ? document.contents : undefined;
  const order = document.getIn(['execution', 'custom_order'], true);
  const entry = isSeq(order) ? order.items[customIndex] : undefined;
  return isMap(entry) ? entry : undefined;
}

function editText(text: string, map: YAMLMap, isEnabled: boolean): string {
  const value = String(isEnabled);
  const written = map.items.find((pair) => isScalar(pair.key) && pair.key.value === 'enabled');
  if (written) {
    const [start, end] = placeOf(written);
    // A key without a value: `enabled:`.
    const separator = start === end ? ' ' : '';
    return text.slice(0, start) + separator + value + text.slice(end);
  }
  return map.flow ? insertInFlow(text, map, value) : insertLine(text, map, value);
}

/** The offsets between which the value of a pair is written. */
function placeOf(pair: Pair): readonly [number, number] {
  const range = isScalar(pair.value) ? pair.value.range : undefined;
  return range ? [range[0], range[1]] : [0, 0];
}

function insertInFlow(text: string, map: YAMLMap, value: string): string {
  const last = map.items.at(-1)?.value;
  const end = (isScalar(last) || isMap(last) || isSeq(last) ? last.range?.[1] : undefined) ?? 0;
  return `${text.slice(0, end)}, enabled: ${value}${text.slice(end)}`;
}

/** A line of its own after the name, or after the first key. */
function insertLine(text: string, map: YAMLMap, value: string): string {
  const named = map.items.find((pair) => isScalar(pair.key) && pair.key.value === 'name');
  const pair = named ?? map.items[0];
  const key = pair?.key;
  const keyStart = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
  const indent = keyStart - (text.lastIndexOf('\n', keyStart - 1) + 1);
  const valueEnd = isScalar(pair?.value) ? (pair.value.range?.[1] ?? keyStart) : keyStart;
  const lineEnd = text.indexOf('\n', valueEnd);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const line = `${' '.repeat(indent)}enabled: ${value}`;
  if (lineEnd === -1) return `${text}${newline}${line}`;
  return `${text.slice(0, lineEnd + 1)}${line}${newline}${text.slice(lineEnd + 1)}`;
}
