import { METADATA_FILES } from '../file-names.js';
import type { Finding, Report } from '../problem-log.js';
import {
  chooseFile,
  readConfig,
  validateConfig,
  type ValidatedFile,
} from '../project/config-file.js';
import { substituteVariables } from '../project/variables.js';
import { NAME_PATTERN } from '../schema/define.js';
import type { MetadataFile } from '../schema/metadata.js';
import type { YamlMap } from '../yaml/tree.js';
import type { ProjectContext } from './context.js';
import type { ScenarioFolder } from './discover.js';

/** A scenario's `metadata.yaml`, and what the scenario is called in problems. */
export interface Metadata {
  readonly name: string;
  readonly report: Report;
  /** `undefined`: it cannot be read at all. */
  readonly file: ValidatedFile<MetadataFile> | undefined;
}

const NAME = new RegExp(NAME_PATTERN);

export async function openMetadata(
  folder: ScenarioFolder,
  { root, lookup, log, secrets }: ProjectContext,
): Promise<Metadata> {
  // Problems belong to a scenario by its name, and that is known only once the file is read.
  const findings: Finding[] = [];
  const present = METADATA_FILES.filter((file) => folder.content.has(file));
  const chosen = chooseFile(root, folder.path, present, (finding) => findings.push(finding));
  const read =
    chosen.kind === 'found'
      ? await readConfig(root, chosen.path, (finding) => findings.push(finding), secrets, false)
      : undefined;
  const name = (read && readName(substituteVariables(read.root, lookup))) ?? folder.directory;
  const report = log.scoped({ kind: 'scenario', name, directory: folder.directory });
  for (const finding of findings) report(finding);
  if (!read) return { name, report, file: undefined };
  return { name, report, file: await validateConfig('metadata', read, lookup, report) };
}

function readName(root: YamlMap): string | undefined {
  const name = root.entries.get('name')?.value;
  return name?.kind === 'scalar' && typeof name.value === 'string' && NAME.test(name.value)
    ? name.value
    : undefined;
}
