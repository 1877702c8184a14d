import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { SchemaName } from './schema/catalogue.js';

export { SCHEMA_NAMES, type SchemaName } from './schema/catalogue.js';

/** Where the JSON Schema of a configuration file lies in the installed package: absolute. */
export function schemaPath(name: SchemaName): string {
  // The same from `src/config/` and from `dist/config/`.
  return fileURLToPath(new URL(`../../schemas/${name}.schema.json`, import.meta.url));
}

/** The JSON Schema of a configuration file, as text. */
export async function readSchema(name: SchemaName): Promise<string> {
  return readFile(schemaPath(name), 'utf8');
}
