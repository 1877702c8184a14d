import type { Value, Values } from '../../results/inputs/configuration.js';
import type { InputFile } from '../../results/inputs/files.js';
import {
  type InputImage,
  type Inputs,
  canonical,
  sealFile,
  sealValue,
} from '../../results/inputs/record.js';
import type { Seal } from '../../results/inputs/seal.js';

/** Where a value of the present configuration is written: `config/defaults.yaml:4`; `null` where nobody can say. */
export type Locate = (key: string) => string | null;

/** Longer values are cut: it is enough to see what it is about. */
const LONGEST_VALUE = 60;
/** Of the id of an image: what `docker images` shows. */
const LENGTH_OF_ID = 12;
const OTHER_KEY = 'cannot be compared: .playbook/inputs.key is another one';

/** What present inputs are compared with others by. */
export interface Comparison {
  readonly locate: Locate;
  /** The one that the present inputs are sealed with. */
  readonly seal: Seal;
  /** Hides known secrets in a text: what is one now may have been none when it was written down. */
  readonly mask: (text: string) => string;
}

/** What is not the same any more, a text for each; none where a result that stood on the one would stand on the other. */
export function compareInputs(recorded: Inputs, present: Inputs, comparison: Comparison): string[] {
  const isSameKey = recorded.keyId === comparison.seal.keyId;
  const compare = (before: Values, after: Values) =>
    compareValues(before, after, isSameKey, comparison);
  return [
    ...compareFiles(recorded.files, present.files, isSameKey, comparison),
    ...compare(recorded.configuration, present.configuration),
    ...compare(recorded.nodes, present.nodes),
  ];
}

function compareFiles(
  recorded: readonly InputFile[],
  present: readonly InputFile[],
  isSameKey: boolean,
  { seal }: Comparison,
): string[] {
  const before = new Map(recorded.map((file) => [file.path, file]));
  const after = new Map(present.map((file) => [file.path, file]));
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const was = before.get(path);
    const is = after.get(path);
    if (!was) return [`${path} is new`];
    if (!is) return [`${path} is gone`];
    if ('link' in was || 'link' in is) {
      return canonical(was) === canonical(is) ? [] : [`${path} changed`];
    }
    const sealed = (file: typeof was) => ('sealed' in file ? file : sealFile(seal, file)).sealed;
    if ('sealed' in was && !isSameKey) return [`${path}, which holds secrets, ${OTHER_KEY}`];
    if (sealed(was) !== sealed(is)) return [`${path} changed`];
    return was.mode === is.mode
      ? []
      : [`the mode of ${path} changed from ${was.mode} to ${is.mode}`];
  });
}

/**
 * Which images are used says the configuration; here it is about names that now stand for another one.
 *
 * @param idOf What a name stands for on a node now; `null` where that is not known.
 */
export function compareImages(
  recorded: readonly InputImage[],
  idOf: (node: string, image: string) => string | null,
): string[] {
  return recorded.flatMap(({ node, image, id }) => {
    const now = idOf(node, image);
    if (id === null || now === null || id === now) return [];
    return [`image ${image} on ${node} is another one: ${shorten(id)} then, ${shorten(now)} now`];
  });
}

function shorten(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, LENGTH_OF_ID);
}

function compareValues(
  before: Values,
  after: Values,
  isSameKey: boolean,
  { locate, seal, mask }: Comparison,
): string[] {
  const shown = (value: Value | undefined) => show(value, mask);
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    const was = before.get(key);
    const is = after.get(key);
    const where = locate(key);
    const place = where === null ? '' : ` (${where})`;
    if (is === undefined) return [`${key} is not set any more: it was ${shown(was)}`];
    if (was === undefined) return [`${key} is new: ${shown(is)}${place}`];
    if (canonical(was) === canonical(is)) return [];
    // Which of the other values are secrets decides whether this one is taken for one: that alone changes nothing.
    if (isSealed(was) || isSealed(is)) {
      if (isSealed(was) && !isSameKey) return [`${key}, a secret, ${OTHER_KEY}`];
      const sealed = (value: Value) => (isSealed(value) ? value : sealValue(seal, key, value));
      const isSame = canonical(sealed(was)) === canonical(sealed(is));
      return isSame ? [] : [`${key}, a secret, changed${place}`];
    }
    const [shownThen, shownNow] = [shown(was), shown(is)];
    // Of long values the beginning is shown, and that may be the same.
    const how = shownThen === shownNow ? '' : ` from ${shownThen} to ${shownNow}`;
    return [`${key} changed${how}${place}`];
  });
}

function isSealed(value: Value): boolean {
  return typeof value === 'object' && value !== null && 'sealed' in value;
}

function show(value: Value | undefined, mask: Comparison['mask']): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value) && value.length === 0) return 'nothing';
  if (isSealed(value)) return 'a secret';
  const text =
    Array.isArray(value) && value.every((each) => typeof each === 'string')
      ? value.join(' ')
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  // Before it is cut: half a secret is not recognized.
  const line = mask(text).replaceAll(/\s+/g, ' ').trim();
  if (line === '') return "''";
  return line.length <= LONGEST_VALUE ? line : `${line.slice(0, LONGEST_VALUE - 1)}…`;
}
