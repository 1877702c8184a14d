import { join, posix } from 'node:path';

import type { ComposeFiles } from '../../../model/service.js';
import { ENV_FILE } from '../../file-names.js';
import { locate, startOf } from '../../source/file.js';
import { displayName } from '../../source/place.js';
import { readSource } from '../../source/read.js';
import type { ScenarioContext } from '../context.js';

const LINE = /^[ \t]*(?:export[ \t]+)?COMPOSE_FILE\b/m;

/**
 * Refuses a `COMPOSE_FILE` in the scenario's `.env` that means other files than those that are used: compose by hand would
 * follow it, and another set of services would be measured.
 *
 * @param used The files that are taken where none are named; `null`: there are none.
 */
export function refuseComposeFileVariable(
  { root, compose, variables, report }: ScenarioContext,
  used: ComposeFiles | null,
): void {
  const written = variables.get('COMPOSE_FILE') ?? '';
  if (written === '') return;
  const separator = variables.get('COMPOSE_PATH_SEPARATOR') ?? '';
  const wanted = written
    .split(separator === '' ? ':' : separator)
    .map((name) => posix.normalize(name));
  const taken = [used?.composeFile, used?.composeOverride].filter((name) => name != null);
  if (wanted.join('\0') === taken.join('\0')) return;
  const path = join(compose.folder, ENV_FILE);
  const name = displayName(root, path);
  const read = readSource(path, name);
  report({
    severity: 'error',
    at: read.ok ? locate(read.file, LINE.exec(read.file.text)?.index ?? 0) : startOf(name),
    path: 'COMPOSE_FILE',
    message: `asks for ${wanted.join(', ')}, and COMPOSE_FILE is not followed`,
    hint:
      wanted.length === 1
        ? `write \`compose_file: ${wanted[0] ?? ''}\` for the services in metadata.yaml`
        : 'lay one file over the other as docker-compose.override.yml, or `include` it',
  });
}
