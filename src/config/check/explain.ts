import type { Finding } from '../problem-log.js';
import { schemas, type ValidatedName } from '../schema/catalogue.js';
import { findNearest, suggest } from '../value/nearest.js';
import { looksSecret } from '../value/secret.js';
import {
  describe,
  findAt,
  locateEntry,
  locateKey,
  locateNode,
  renderPath,
  type PathStep,
  type YamlMap,
  type YamlNode,
} from '../yaml/tree.js';
import { stepsOf, typedPath, type SchemaError } from './schema-error.js';

interface Explained {
  readonly finding: Finding;
  readonly path: readonly PathStep[];
  /** What is at the path must not be used. */
  readonly isRefused: boolean;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly patternErrorMessage?: string;
}

/** More would help nobody. */
const MAX_ERRORS = 1000;

/** One mistake at one place breaks several rules; the first of these says it best. */
const TELLING = ['enum', 'pattern', 'type', 'minimum', 'maximum'];
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
};
const OLD_BOOLEAN = /^(?:yes|no|on|off|y|n)$/i;

/** Says in the user's words what the validator found. */
export function explainErrors(
  name: ValidatedName,
  root: YamlMap,
  errors: readonly SchemaError[],
): readonly Explained[] {
  return chooseErrors(root, errors.slice(0, MAX_ERRORS)).flatMap(
    (error) => explainError(schemas[name], root, error) ?? [],
  );
}

/** Drops what only repeats something else: the branches of a choice that were not meant, and weaker rules. */
function chooseErrors(root: YamlMap, errors: readonly SchemaError[]): readonly SchemaError[] {
  const choices = new Map<string, Choice>();
  for (const error of errors) {
    if (error.keyword === 'anyOf')
      choices.set(`${error.schemaPath} ${error.instancePath}`, { error, isMeant: false });
  }
  const told = new Map<string, number>();
  const kept = errors.filter((error) => {
    const around = choices.size > 0 ? choicesAround(choices, error) : [];
    for (const choice of around) {
      // A branch that took the type of the value was meant, and failed for other reasons: those are told.
      if (error.keyword === 'type' && error.instancePath === choice.error.instancePath)
        return false;
      choice.isMeant = true;
    }
    if (error.keyword === 'anyOf') return true;
    const rank = TELLING.indexOf(error.keyword);
    const best = told.get(error.instancePath) ?? Infinity;
    if (rank !== -1 && rank < best) told.set(error.instancePath, rank);
    return true;
  });
  return kept.filter((error) => {
    const node = findAt(root, stepsOf(error.instancePath))?.node;
    if (node?.kind === 'scalar' && node.unset) return false;
    if (error.keyword === 'anyOf')
      return choices.get(`${error.schemaPath} ${error.instancePath}`)?.isMeant === false;
    const rank = TELLING.indexOf(error.keyword);
    return rank === -1 || rank === told.get(error.instancePath);
  });
}

/** A value that no branch of an `anyOf` took. */
interface Choice {
  readonly error: SchemaError;
  isMeant: boolean;
}

/** The choices that an error lies in a branch of, the innermost first: a list may be one, and so may each of its items. */
function choicesAround(choices: ReadonlyMap<string, Choice>, error: SchemaError): Choice[] {
  const found: Choice[] = [];
  let path = error.instancePath;
  for (
    let end = error.schemaPath.lastIndexOf('/anyOf/');
    end !== -1;
    end = end === 0 ? -1 : error.schemaPath.lastIndexOf('/anyOf/', end - 1)
  ) {
    const schemaPath = error.schemaPath.slice(0, end + '/anyOf'.length);
    let choice = choices.get(`${schemaPath} ${path}`);
    while (!choice && path !== '') {
      path = path.slice(0, path.lastIndexOf('/'));
      choice = choices.get(`${schemaPath} ${path}`);
    }
    if (!choice) break;
    found.push(choice);
  }
  return found;
}

function explainError(schema: Schema, root: YamlMap, error: SchemaError): Explained | undefined {
  const path = typedPath(root, stepsOf(error.instancePath));
  const found = findAt(root, path);
  if (!found) return undefined;
  const { node, entry } = found;
  const { params } = error;
  const local = schemaAt(schema, root, path);
  const tell = (message: string, hint = ''): Explained => ({
    finding: {
      severity: 'error',
      at: entry ? locateEntry(entry) : locateNode(node),
      path: renderPath(path),
      message,
      hint,
    },
    path,
    isRefused: true,
  });

  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const unknown = node.kind === 'map' ? node.entries.get(key) : undefined;
      if (!unknown) return undefined;
      return {
        finding: {
          severity: 'error',
          at: locateKey(unknown),
          path: renderPath([...path, key]),
          message: `unknown key \`${key}\``,
          hint: suggest(key, Object.keys(local?.properties ?? {}), 'known here'),
        },
        path: [...path, key],
        isRefused: false,
      };
    }
    case 'required':
      return { ...tell(`\`${String(params['missingProperty'])}\` is missing`), isRefused: false };
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      if (isAbsent(node, schema, root, path)) return undefined;
      const nearest = node.kind === 'scalar' ? findNearest(node.source, allowed) : undefined;
      return tell(
        `must be one of ${allowed.join(', ')}; got ${show(node, path)}`,
        nearest === undefined ? '' : `did you mean \`${nearest}\`?`,
      );
    }
    case 'minimum':
      return tell(`must be at least ${String(params['limit'])}; got ${show(node, path)}`);
    case 'maximum':
      return tell(`must be at most ${String(params['limit'])}; got ${show(node, path)}`);
    case 'pattern':
    case 'type':
    case 'anyOf':
      if (isAbsent(node, schema, root, path)) return undefined;
      return tell(`must be ${wordsFor(local)}; got ${show(node, path)}`, hintFor(local, node));
    default:
      return tell(`is not valid here (${error.keyword})`);
  }
}

function wordsFor(schema: Schema | undefined): string {
  if (schema?.patternErrorMessage !== undefined) return schema.patternErrorMessage;
  const types = schema?.anyOf ? schema.anyOf.map((branch) => branch.type) : [schema?.type];
  const words = [...new Set(types.flat())].map(
    (type) => TYPE_WORDS[type ?? ''] ?? 'something else',
  );
  return words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

function hintFor(schema: Schema | undefined, node: YamlNode): string {
  const types = [schema?.type].flat();
  if (node.kind !== 'scalar') return '';
  if (
    types.includes('string') &&
    (typeof node.value === 'number' || typeof node.value === 'boolean')
  ) {
    return 'put it in quotes';
  }
  if (types.includes('boolean') && OLD_BOOLEAN.test(node.source))
    return 'YAML knows only true and false';
  if (types.includes('array')) return 'write a list: [a, b]';
  return '';
}

/** A key without a value counts as not written, where nothing requires it and the map has fixed keys. */
function isAbsent(
  node: YamlNode,
  schema: Schema,
  root: YamlMap,
  path: readonly PathStep[],
): boolean {
  if (node.kind !== 'scalar' || node.value !== null) return false;
  const key = path.at(-1);
  const parent = schemaAt(schema, root, path.slice(0, -1));
  return (
    typeof key === 'string' &&
    parent?.properties?.[key] !== undefined &&
    !(parent.required ?? []).includes(key)
  );
}

function show(node: YamlNode, path: readonly PathStep[]): string {
  const key = path.findLast((step) => typeof step === 'string');
  return key !== undefined && looksSecret(key) && node.kind === 'scalar' && node.value !== null
    ? 'something else'
    : describe(node);
}

/** The part of the schema that is about a place of the file. */
function schemaAt(schema: Schema, root: YamlNode, path: readonly PathStep[]): Schema | undefined {
  let local: Schema | undefined = schema;
  let node: YamlNode | undefined = root;
  for (const step of path) {
    local = branchFor(local, node);
    if (typeof step === 'number') {
      local = local?.items;
      node = node?.kind === 'sequence' ? node.items[step] : undefined;
    } else {
      const free: Schema | boolean | undefined = local?.additionalProperties;
      local = local?.properties?.[step] ?? (typeof free === 'object' ? free : undefined);
      node = node?.kind === 'map' ? node.entries.get(step)?.value : undefined;
    }
  }
  return node?.kind === 'map' ? branchFor(local, node) : local;
}

/** Of a choice, the branch that takes the kind of the value. */
function branchFor(schema: Schema | undefined, node: YamlNode | undefined): Schema | undefined {
  if (!schema?.anyOf) return schema;
  const type = node?.kind === 'map' ? 'object' : node?.kind === 'sequence' ? 'array' : 'string';
  return schema.anyOf.find((branch) => branch.type === type) ?? schema;
}
