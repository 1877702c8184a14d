import { join } from 'node:path';

import { ENV_FILE } from '../file-names.js';
import type { Report } from '../problem-log.js';
import { parseDotenv } from '../source/dotenv.js';
import { locate, startOf } from '../source/file.js';
import { displayName } from '../source/place.js';
import { readSource } from '../source/read.js';
import type { SecretCollector } from '../value/secret.js';
import type { Dialect, Lookup } from '../value/template.js';

/**
 * Reads a `.env` that lies in a folder. What is wrong with it is reported; what could be read counts.
 *
 * @param dialect `compose` for that of a scenario, which compose reads too; `project` for that of the project, where
 *   a password is to need no escaping.
 */
export function readEnvFile(
  root: string,
  folder: string,
  lookup: Lookup,
  dialect: Dialect,
  secrets: SecretCollector,
  report: Report,
): ReadonlyMap<string, string> {
  const path = join(folder, ENV_FILE);
  const name = displayName(root, path);
  const read = readSource(path, name);
  if (!read.ok) {
    const { isMissing, message, hint, line } = read.problem;
    if (!isMissing) {
      report({ severity: 'error', at: { ...startOf(name), line }, path: '', message, hint });
    }
    return new Map();
  }
  const { values, problems } = parseDotenv(read.file.text, lookup, dialect);
  for (const { offset, severity, message, hint } of problems) {
    report({ severity, at: locate(read.file, offset), path: '', message, hint });
  }
  for (const [variable, value] of values) secrets.note(variable, value);
  return values;
}
