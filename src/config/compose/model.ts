import type { DependencyCondition } from '../../model/service.js';
import type { SourceLocation } from '../../model/source.js';
import type { YamlEntry, YamlMap } from '../yaml/tree.js';
import type { Placed } from './reader.js';

/** One compose file, interpolated, its services not yet extended. */
export interface ComposeFile {
  readonly root: YamlMap;
  readonly services: ReadonlyMap<string, ComposeEntry>;
  readonly include: Placed | undefined;
}

/** A service as one file writes it. */
export interface ComposeEntry {
  readonly entry: YamlEntry;
  readonly map: YamlMap;
}

/** A service with all that it extends, and from whichever file it was included. */
export interface LoadedService {
  readonly name: string;
  readonly map: YamlMap;
  /** Where its name is written. */
  readonly at: SourceLocation;
}

export type LoadedServices = ReadonlyMap<string, LoadedService>;

/** What a scenario needs to know of a service, however it runs. */
export interface ComposeService extends LoadedService {
  readonly profiles: readonly string[];
  readonly dependsOn: readonly ComposeDependency[];
  readonly implied: readonly ImpliedDependency[];
  /** `null`: it has none, or it is switched off. */
  readonly healthCheck: ComposeHealthCheck | null;
  readonly hasImage: boolean;
}

export interface ComposeDependency {
  readonly service: string;
  readonly condition: DependencyCondition;
  readonly isRequired: boolean;
  readonly at: SourceLocation;
  readonly path: string;
}

/** What compose starts a service after without being told to: it uses something of that other service's container. */
export interface ImpliedDependency {
  readonly service: string;
  /** `network_mode`. */
  readonly key: string;
  readonly at: SourceLocation;
  readonly path: string;
}

export interface ComposeHealthCheck {
  /** `null`: that of the image, with other times; or one that is not valid. */
  readonly argv: readonly string[] | null;
  /** A test is written, valid or not. */
  readonly hasTest: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** `null`: not said. */
  readonly retries: number | null;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly at: SourceLocation;
}
