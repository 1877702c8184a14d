import { join } from 'node:path';

import { TEST_CONFIG_FILE } from '../file-names.js';
import { locate, startOf } from '../source/file.js';
import { findJsonProblem } from '../source/json.js';
import { displayName } from '../source/place.js';
import { readSource } from '../source/read.js';
import { mayHoldSecret, type SecretCollector } from '../value/secret.js';
import type { Environment } from '../project/variables.js';
import type { ScenarioContext } from './context.js';

/**
 * Checks `test_config.json`: a JSON object. What is in it is between the user and the script.
 *
 * @returns Its name, `null` where there is none.
 */
export function checkTestConfig({
  root,
  compose,
  content,
  report,
  secrets,
  environment,
}: ScenarioContext): string | null {
  if (!content.has(TEST_CONFIG_FILE)) return null;
  const path = join(compose.folder, TEST_CONFIG_FILE);
  const name = displayName(root, path);
  const tell = (line: number, message: string, hint = '') =>
    report({ severity: 'error', at: { ...startOf(name), line }, path: '', message, hint });
  const read = readSource(path, name);
  if (!read.ok) {
    tell(read.problem.line, read.problem.message, read.problem.hint);
    return TEST_CONFIG_FILE;
  }
  try {
    const value: unknown = JSON.parse(read.file.text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (mayHoldSecret(read.file.text)) collectSecrets(value, secrets, environment);
    if (!isObject) tell(1, 'must be a JSON object', 'write { "key": "value" }');
  } catch {
    const { offset, message } = findJsonProblem(read.file.text);
    report({ severity: 'error', at: locate(read.file, offset), path: '', message });
  }
  return TEST_CONFIG_FILE;
}

/** In it the name of the variable stands that holds the key for the server under test. */
const API_KEY_VARIABLE = 'api_key_env';

function markVariable(name: string, secrets: SecretCollector, environment: Environment): void {
  secrets.mark(name);
  if (Object.hasOwn(environment, name)) secrets.note(name, environment[name] ?? '');
}

/** Keeps what stands under the names of secrets. `JSON.parse` takes any depth, so this must too. */
function collectSecrets(root: unknown, secrets: SecretCollector, environment: Environment): void {
  const pending: unknown[] = [root];
  for (
    let value = pending.pop();
    pending.length > 0 || value !== undefined;
    value = pending.pop()
  ) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'string') {
        secrets.note(key, inner);
        if (key === API_KEY_VARIABLE) markVariable(inner, secrets, environment);
      } else pending.push(inner);
    }
  }
}
