import { mayHoldSecret, type SecretCollector } from '../value/secret.js';
import type { YamlNode } from './tree.js';

/** Keeps what a file says under the names of secrets, as a map or as `NAME=value`, whatever it is used for. */
export function collectSecrets(root: YamlNode, secrets: SecretCollector): void {
  if (mayHoldSecret(root.file.text)) collect('', root, secrets);
}

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/;

function collect(name: string, node: YamlNode, secrets: SecretCollector): void {
  switch (node.kind) {
    case 'map':
      for (const entry of node.entries.values()) collect(entry.key, entry.value, secrets);
      break;
    case 'sequence':
      // The items of a list are no values of its key: `secrets:` of a compose file lists names.
      for (const item of node.items) collect('', item, secrets);
      break;
    case 'scalar': {
      const [, variable, value] = ASSIGNMENT.exec(node.source) ?? [];
      if (variable !== undefined && value !== undefined) secrets.note(variable, value);
      // What a variable holds is kept, or not, by the name of the variable.
      if (!node.source.includes('${')) secrets.note(name, node.source);
    }
  }
}
