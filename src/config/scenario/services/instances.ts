import { join, relative, sep } from 'node:path';

import type { NodeSpec } from '../../../model/node.js';
import type { ComposeFiles } from '../../../model/service.js';
import type { SourceLocation } from '../../../model/source.js';
import type { Section } from '../../check/section.js';
import { loadCompose } from '../../compose/files/load.js';
import type { ComposeService } from '../../compose/model.js';
import { readService } from '../../compose/service.js';
import { COMPOSE_FILES, COMPOSE_OVERRIDE_FILES } from '../../file-names.js';
import { chooseFile } from '../../project/config-file.js';
import type { MetadataFile } from '../../schema/metadata.js';
import { leavesFolder } from '../../source/place.js';
import { suggest } from '../../value/nearest.js';
import { renderPath } from '../../yaml/tree.js';
import type { ScenarioContext } from '../context.js';
import { refuseComposeFileVariable } from './compose-file-variable.js';
import type { Placement, ServiceEntry } from './placement.js';

/** One instance of a service on one node, before its dependencies are known. */
export interface Instance {
  readonly id: string;
  readonly service: ComposeService;
  readonly files: ComposeFiles;
  /** All services of these files, deployed or not. */
  readonly inFiles: ReadonlyMap<string, ComposeService>;
  readonly node: NodeSpec;
  /** Its entry in `deployment.services`. */
  readonly entry: Section<ServiceEntry> | undefined;
  readonly source: SourceLocation;
}

export interface Deployed {
  /** In the order of the files, instances of one service by the order of its nodes. */
  readonly instances: readonly Instance[];
  /** Names of all services that are meant to be deployed, also those that something is wrong with. */
  readonly names: ReadonlySet<string>;
  /** Names of services that exist and are left out, for hints. */
  readonly leftOut: ReadonlySet<string>;
}

/** Finds out which services a scenario deploys, and where. */
export async function findInstances(
  context: ScenarioContext,
  metadata: Section<MetadataFile> | undefined,
  placement: Placement | undefined,
): Promise<Deployed> {
  const files = createFileReader(context);
  const standard = await files.standard();
  const deployment = metadata?.section('deployment');
  if (deployment?.has('services') && placement) {
    const entries = deployment.sections('services');
    if (entries.some((entry) => !entry.has('compose_file'))) {
      refuseComposeFileVariable(context, standard?.files ?? null);
    }
    return findListed(files, entries, placement);
  }
  refuseComposeFileVariable(context, standard?.files ?? null);
  const services = [...(standard?.services.values() ?? [])];
  const isActive = ({ profiles }: ComposeService) =>
    profiles.length === 0 ||
    profiles.some((profile) => context.profiles.has(profile) || context.profiles.has('*'));
  const active = services.filter(isActive);
  const node = active.length > 0 ? placement?.standard() : undefined;
  return {
    instances:
      node && standard
        ? active.map((service) => ({
            id: service.name,
            service,
            files: standard.files,
            inFiles: standard.services,
            node,
            entry: undefined,
            source: service.at,
          }))
        : [],
    names: new Set(active.map(({ name }) => name)),
    leftOut: new Set(services.filter((service) => !isActive(service)).map(({ name }) => name)),
  };
}

async function findListed(
  files: FileReader,
  entries: readonly Section<ServiceEntry>[],
  placement: Placement,
): Promise<Deployed> {
  const instances: Instance[] = [];
  const places = new Map<string, Section<ServiceEntry>>();
  const known = new Set<string>();
  for (const entry of entries) {
    const name = entry.get('name');
    if (name === undefined) continue;
    const earlier = places.get(name);
    if (earlier) {
      entry.error(
        'name',
        `the service ${name} is listed already, in line ${earlier.at('name').line}`,
        'for several instances list its nodes: `nodes: [node1, node2]`',
      );
      continue;
    }
    places.set(name, entry);
    const nodes = placement.ofService(entry);
    const file = await files.of(entry);
    for (const service of file?.services.keys() ?? []) known.add(service);
    const service = file?.services.get(name);
    if (file && !service) {
      entry.error(
        'name',
        `there is no service \`${name}\` in ${file.files.composeFile}`,
        suggest(name, file.services.keys(), 'services there'),
      );
    }
    if (!file || !service) continue;
    const isSeveral = entry.items('nodes').length > 1;
    for (const node of nodes) {
      const id = isSeveral ? `${name}@${node.name}` : name;
      instances.push({
        id,
        service,
        files: file.files,
        inFiles: file.services,
        node,
        entry,
        source: entry.at('name'),
      });
    }
  }
  const names = new Set(places.keys());
  return { instances, names, leftOut: new Set([...known].filter((name) => !names.has(name))) };
}

interface ReadFile {
  readonly files: ComposeFiles;
  readonly services: ReadonlyMap<string, ComposeService>;
}

/** The compose files of one scenario, each read once. */
interface FileReader {
  /** The one that is meant where none is named; `undefined` where there is none that can be read. */
  standard(): Promise<ReadFile | undefined>;
  of(entry: Section<ServiceEntry>): Promise<ReadFile | undefined>;
}

function createFileReader(context: ScenarioContext): FileReader {
  const { compose, report } = context;
  const present = COMPOSE_FILES.filter((name) => context.content.has(name));
  const chosen = chooseFile(context.root, compose.folder, present, report);
  const overrides = COMPOSE_OVERRIDE_FILES.filter((name) => context.content.has(name));
  const override =
    chosen.kind === 'found' ? chooseFile(context.root, compose.folder, overrides, report) : chosen;
  const read = new Map<string, ReadFile | undefined>();

  const nameOf = (path: string) => relative(compose.folder, path).split(sep).join('/');

  async function readFile(path: string, entry: Section<ServiceEntry> | undefined) {
    if (!read.has(path)) {
      const value = entry?.map.entries.get('compose_file')?.value;
      const named = entry && value && { node: value, path: [...entry.path, 'compose_file'] };
      // Only the file that compose finds by itself has one.
      const isStandard = chosen.kind === 'found' && chosen.path === path;
      const over = isStandard && override.kind === 'found' ? override.path : null;
      const loaded = await loadCompose(compose, path, over, named);
      const services = new Map<string, ComposeService>();
      for (const service of loaded?.values() ?? []) {
        services.set(service.name, readService(report, service));
      }
      const files = { composeFile: nameOf(path), composeOverride: over && nameOf(over) };
      read.set(path, loaded && { files, services });
    }
    return read.get(path);
  }

  async function readStandard() {
    return chosen.kind === 'found' ? readFile(chosen.path, undefined) : undefined;
  }

  return {
    standard: readStandard,
    async of(entry) {
      const written = entry.get('compose_file');
      if (written !== undefined) {
        if (!leavesFolder(written)) return readFile(join(compose.folder, written), entry);
        entry.error('compose_file', `lies outside the folder of the scenario: '${written}'`);
        return undefined;
      }
      if (entry.isUnusable('compose_file')) return undefined;
      if (chosen.kind === 'missing') {
        report({
          severity: 'error',
          at: entry.at('name'),
          path: renderPath([...entry.path, 'name']),
          message: 'there is no compose file in the folder that could define this service',
          hint: `write ${COMPOSE_FILES[2]}`,
        });
      }
      return readStandard();
    },
  };
}
