import * as generated from '../generated/validators.js';
import type { Finding } from '../problem-log.js';
import type { ValidatedName } from '../schema/catalogue.js';
import { resolveScalar } from '../yaml/scalar.js';
import {
  renderPath,
  toPlain,
  type PathStep,
  type PlainValue,
  type YamlMap,
  type YamlNode,
} from '../yaml/tree.js';
import { stepsOf, type SchemaError } from './schema-error.js';

interface Validator {
  (data: PlainValue): boolean;
  errors?: SchemaError[] | null;
}

const validators = generated as unknown as Readonly<Record<ValidatedName, Validator>>;

export interface Validated {
  /** The file, with values that came out of variables in the types that the schema wants. */
  readonly root: YamlMap;
  /** Rendered paths of what was refused. */
  readonly invalid: ReadonlySet<string>;
}

const NOTHING_INVALID: ReadonlySet<string> = new Set();

/**
 * Holds a file against its schema and reports every mistake once.
 *
 * @param report Gets the finding, and the place of the file that it is about.
 */
export async function validateTree(
  name: ValidatedName,
  root: YamlMap,
  report: (finding: Finding, path: readonly PathStep[]) => void,
): Promise<Validated> {
  let tree = root;
  let errors = runValidator(name, tree);
  if (errors.length > 0) {
    const coerced = coerceSubstituted(tree, errors);
    if (coerced !== tree) {
      tree = coerced;
      errors = runValidator(name, tree);
    }
  }
  if (errors.length === 0) return { root: tree, invalid: NOTHING_INVALID };
  // Explaining needs the schemas with all their words: loaded only when there is something to explain.
  const { explainErrors } = await import('./explain.js');
  const invalid = new Set<string>();
  for (const { finding, path, isRefused } of explainErrors(name, tree, errors)) {
    report(finding, path);
    if (isRefused) invalid.add(renderPath(path));
  }
  return { root: tree, invalid };
}

function runValidator(name: ValidatedName, tree: YamlMap): readonly SchemaError[] {
  const validator = validators[name];
  return validator(toPlain(tree)) ? [] : (validator.errors ?? []);
}

/** `port: "${PORT}"` is the number that the variable says, where the schema wants a number. */
function coerceSubstituted(tree: YamlMap, errors: readonly SchemaError[]): YamlMap {
  let result: YamlNode = tree;
  for (const error of errors) {
    if (error.keyword !== 'type') continue;
    result = replaceAt(result, stepsOf(error.instancePath), (node) => {
      if (node.kind !== 'scalar' || !node.isSubstituted || typeof node.value !== 'string')
        return node;
      const value = resolveScalar(node.value.trim());
      return typeof value === 'number' || typeof value === 'boolean' ? { ...node, value } : node;
    });
  }
  return result.kind === 'map' ? result : tree;
}

function replaceAt(
  node: YamlNode,
  path: readonly string[],
  change: (node: YamlNode) => YamlNode,
): YamlNode {
  const [step, ...rest] = path;
  if (step === undefined) return change(node);
  if (node.kind === 'map') {
    const entry = node.entries.get(step);
    if (!entry) return node;
    const value = replaceAt(entry.value, rest, change);
    if (value === entry.value) return node;
    return { ...node, entries: new Map(node.entries).set(step, { ...entry, value }) };
  }
  if (node.kind === 'sequence') {
    const item = node.items[Number(step)];
    if (!item) return node;
    const value = replaceAt(item, rest, change);
    return value === item ? node : { ...node, items: node.items.with(Number(step), value) };
  }
  return node;
}
