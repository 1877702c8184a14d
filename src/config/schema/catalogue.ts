import { defaultsSchema } from './defaults.js';
import { metadataSchema } from './metadata.js';
import { nodesSchema } from './nodes.js';
import { scenariosSchema } from './scenarios.js';
import { testConfigSchema } from './test-config.js';

/** Files that have a JSON Schema, by the name that `config schema` takes. */
export const SCHEMA_NAMES = ['nodes', 'scenarios', 'defaults', 'metadata', 'test-config'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** What is validated against its schema before anything is made of it. */
export type ValidatedName = Exclude<SchemaName, 'test-config'>;

export const schemas = {
  nodes: nodesSchema,
  scenarios: scenariosSchema,
  defaults: defaultsSchema,
  metadata: metadataSchema,
  'test-config': testConfigSchema,
} as const;
