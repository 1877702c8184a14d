import { stringify } from 'yaml';

/** A module of its own, so that the library is loaded only by who asks for YAML. */
export function renderYaml(value: unknown): string {
  return stringify(value);
}
