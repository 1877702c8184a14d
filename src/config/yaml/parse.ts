import type { SourceFile } from '../source/file.js';
import type { YamlResult } from './full.js';
import { readQuick } from './quick.js';

/** Reads a YAML text. Positions, anchors and merge keys are resolved; see `readQuick` for why there are two readers. */
export async function parseYaml(file: SourceFile): Promise<YamlResult> {
  const root = readQuick(file);
  if (root) return { ok: true, root };
  // Loaded only when needed: most projects never do, and loading it takes as long as reading a hundred scenarios.
  const { readFull } = await import('./full.js');
  return readFull(file);
}
