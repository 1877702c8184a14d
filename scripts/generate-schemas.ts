/**
 * Writes what follows from the schemas of `src/config/schema`:
 *
 * - `schemas/NAME.schema.json`: for editors and for `config schema NAME`. Wherever a value is written, `${VAR}` may
 *   stand instead, so these are wider than what is validated.
 * - `src/config/generated/validators.ts`: validators as plain code, for values whose variables are resolved. Compiling
 *   schemas takes ajv longer than a whole `validate` may take.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';

import { SCHEMA_NAMES, schemas } from '../src/config/schema/catalogue.js';

type Schema = Record<string, unknown>;

const root = join(import.meta.dirname, '..');

/** Applies a change to a schema and everything below it, innermost first. */
function transform(schema: unknown, change: (schema: Schema) => Schema): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = { ...(schema as Schema) };
  for (const key of ['items', 'additionalProperties']) copy[key] &&= transform(copy[key], change);
  for (const key of ['properties', 'patternProperties']) {
    if (!copy[key]) continue;
    const entries = Object.entries(copy[key] as Schema);
    copy[key] = Object.fromEntries(
      entries.map(([name, value]) => [name, transform(value, change)]),
    );
  }
  if (Array.isArray(copy['anyOf']))
    copy['anyOf'] = copy['anyOf'].map((item) => transform(item, change));
  return change(copy);
}

/** Closed maps take `x-` keys: a place for anchors and notes. */
function allowExtensions(schema: Schema): Schema {
  return schema['additionalProperties'] === false
    ? { ...schema, patternProperties: { '^x-': true } }
    : schema;
}

/** Validators carry their schemas with them, and need no words. */
function dropWords(schema: Schema): Schema {
  const words = ['title', 'description', 'default', 'patternErrorMessage'];
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !words.includes(key)));
}

/** Anything but free text gets the alternative of a text with a variable in it. */
function allowVariables(schema: Schema): Schema {
  const types = [schema['type']].flat();
  const isScalar = types.every((type) =>
    ['string', 'number', 'integer', 'boolean'].includes(String(type)),
  );
  const isFreeText = types.includes('string') && !schema['pattern'] && !schema['enum'];
  if (!schema['type'] || !isScalar || isFreeText) return schema;
  const { title, description, default: builtIn, ...rest } = schema;
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(builtIn === undefined ? {} : { default: builtIn }),
    anyOf: [rest, { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\\}' }],
  };
}

function writeSchemas(): void {
  const directory = join(root, 'schemas');
  mkdirSync(directory, { recursive: true });
  for (const name of SCHEMA_NAMES) {
    const schema = transform(transform(schemas[name], allowExtensions), allowVariables) as Schema;
    const published = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
    writeFileSync(
      join(directory, `${name}.schema.json`),
      `${JSON.stringify(published, null, 2)}\n`,
    );
  }
}

/**
 * Moves maps with fixed keys into definitions, equal ones into one. Each becomes a function of its own then, which is
 * compiled when a file has such a map, and not before. The branches of a choice stay: errors tell by their path that
 * they come from there.
 */
function hoistMaps(schema: Schema, definitions: Map<string, Schema>): Schema {
  const hoist = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const inner = hoistInside(value as Schema);
    if (inner['additionalProperties'] !== false) return inner;
    const text = JSON.stringify(inner);
    const names = [...definitions.keys()];
    const name = names.find((key) => JSON.stringify(definitions.get(key)) === text);
    if (name === undefined) definitions.set(`map${names.length}`, inner);
    return { $ref: `definitions#/$defs/${name ?? `map${names.length}`}` };
  };
  const hoistInside = (value: Schema): Schema => {
    const copy = { ...value };
    for (const key of ['items', 'additionalProperties']) copy[key] &&= hoist(copy[key]);
    if (copy['properties']) {
      const entries = Object.entries(copy['properties'] as Schema);
      copy['properties'] = Object.fromEntries(entries.map(([name, inner]) => [name, hoist(inner)]));
    }
    return copy;
  };
  return hoistInside(schema);
}

function writeValidators(): void {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  const definitions = new Map<string, Schema>();
  const names: Record<string, string> = {};
  for (const name of SCHEMA_NAMES) {
    if (name === 'test-config') continue;
    const plain = transform(transform(schemas[name], allowExtensions), dropWords) as Schema;
    ajv.addSchema(hoistMaps(plain, definitions), name);
    names[name] = name;
  }
  ajv.addSchema({ $defs: Object.fromEntries(definitions) }, 'definitions');
  const code = standalone.default(ajv, names);
  // ajv asks for parts of itself with `require` for a few keywords; there is none in an ES module, nor ajv at run time.
  if (code.includes('require('))
    throw new Error('a schema uses a keyword that needs ajv at run time');
  const directory = join(root, 'src/config/generated');
  mkdirSync(directory, { recursive: true });
  const header =
    '// Generated by scripts/generate-schemas.ts.\n// @ts-nocheck\n/* eslint-disable */\n';
  writeFileSync(join(directory, 'validators.ts'), `${header}${code}\n`);
}

writeSchemas();
writeValidators();
