import { mayNameSecret, type SecretCollector } from '../value/secret.js';
import type { YamlNode } from './tree.js';

/** Keeps what a file says under the names of secrets, as a map or as `NAME=value`, whatever it is used for. */
export function collectSecrets(root: YamlNode, secrets: SecretCollector): void {
  if (mayNameSecret(root.file.text)) collect('', root, secrets);
}

function collect(name: string, node: YamlNode, secrets: SecretCollector): void {
  switch (node.kind) {
    case 'map':
      for (const entry of node.entries.values()) collect(entry.key, entry.value, secrets);
      break;
    case 'sequence':
      for (const item of node.items) collect(name, item, secrets);
      break;
    case 'scalar': {
      const separator = node.source.indexOf('=');
      if (separator > 0) {
        secrets.note(node.source.slice(0, separator), node.source.slice(separator + 1));
      }
      // What a variable holds is kept, or not, by the name of the variable.
      if (!node.source.includes('${')) secrets.note(name, node.source);
    }
  }
}
