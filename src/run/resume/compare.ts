import type { Value, Values } from '../../results/inputs/configuration.js';
import type { InputFile } from '../../results/inputs/files.js';
import { type Inputs, canonical } from '../../results/inputs/record.js';

/** Where a value of the present configuration is written: `config/defaults.yaml:4`; `null` where nobody can say. */
export type Locate = (key: string) => string | null;

/** Longer values are cut: it is enough to see what it is about. */
const LONGEST_VALUE = 60;
/** Of the id of an image: what `docker images` shows. */
const LENGTH_OF_ID = 12;

/** What is not the same any more, a text for each; none where a result that stood on the one would stand on the other. */
export function compareInputs(recorded: Inputs, present: Inputs, locate: Locate): string[] {
  const isComparable = recorded.keyId === present.keyId;
  const compare = (before: Values, after: Values) =>
    compareValues(before, after, isComparable, locate);
  return [
    ...compareFiles(recorded.files, present.files),
    ...compareImages(recorded, present),
    ...compare(recorded.configuration, present.configuration),
    ...compare(recorded.nodes, present.nodes),
  ];
}

function compareFiles(recorded: readonly InputFile[], present: readonly InputFile[]): string[] {
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
    if (was.sha256 !== is.sha256) return [`${path} changed`];
    return was.mode === is.mode
      ? []
      : [`the mode of ${path} changed from ${was.mode} to ${is.mode}`];
  });
}

/** Which images are used says the configuration; here it is about names that now stand for another one. */
function compareImages(recorded: Inputs, present: Inputs): string[] {
  return recorded.images.flatMap(({ node, image, id }) => {
    const now = present.images.find((each) => each.node === node && each.image === image)?.id;
    if (id === null || now == null || id === now) return [];
    return [`image ${image} on ${node} is another one: ${shorten(id)} then, ${shorten(now)} now`];
  });
}

function shorten(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, LENGTH_OF_ID);
}

function compareValues(
  before: Values,
  after: Values,
  isComparable: boolean,
  locate: Locate,
): string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    const was = before.get(key);
    const is = after.get(key);
    const where = locate(key);
    const place = where === null ? '' : ` (${where})`;
    if (is === undefined) return [`${key} is not set any more: it was ${show(was)}`];
    if (was === undefined) return [`${key} is new: ${show(is)}${place}`];
    if (canonical(was) === canonical(is)) return [];
    if (isSealed(was) && isSealed(is)) {
      return isComparable
        ? [`${key}, a secret, changed${place}`]
        : [`${key}, a secret, cannot be compared: .playbook/inputs.key is another one`];
    }
    const [shownThen, shownNow] = [show(was), show(is)];
    // Of long values the beginning is shown, and that may be the same.
    const how = shownThen === shownNow ? '' : ` from ${shownThen} to ${shownNow}`;
    return [`${key} changed${how}${place}`];
  });
}

function isSealed(value: Value): boolean {
  return typeof value === 'object' && value !== null && 'sealed' in value;
}

function show(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value) && value.length === 0) return 'nothing';
  if (isSealed(value)) return 'a secret';
  const text =
    Array.isArray(value) && value.every((each) => typeof each === 'string')
      ? value.join(' ')
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (line === '') return "''";
  return line.length <= LONGEST_VALUE ? line : `${line.slice(0, LONGEST_VALUE - 1)}…`;
}
