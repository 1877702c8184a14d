import type { Runtime } from './node.js';
import type { SourceLocation } from './source.js';

/** The three conditions of a compose file's `depends_on`. */
export type DependencyCondition =
  'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface Dependency {
  /** The id of the service instance that is waited for. */
  readonly service: string;
  readonly condition: DependencyCondition;
  /** `false`: the dependent goes on, with a warning, when the dependency fails. */
  readonly required: boolean;
}

/** A health check as compose defines it. */
export interface HealthCheck {
  /** The program to run; a shell string is already wrapped in `/bin/sh -c`. Exit status 0 is healthy. */
  readonly argv: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Consecutive failures that make it unhealthy. */
  readonly retries: number;
  /** Failures in this time after the start do not count. */
  readonly startPeriodMs: number;
  /** The interval while in the start period. */
  readonly startIntervalMs: number;
}

/** A port of a node that a service has while it runs. */
export interface PublishedPort {
  /** The address on the node; `null`: all of them. */
  readonly address: string | null;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** What a service is when no container runs it: one process in a group of its own. */
export interface ProcessSpec {
  /** `entrypoint` followed by `command`. */
  readonly argv: readonly string[];
  /** `env_file` and `environment`, interpolated. Added to the login's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, or relative to the working folder of the scenario on the node. */
  readonly workingDir: string;
  readonly stopSignal: NodeJS.Signals;
  readonly stopGracePeriodMs: number;
  readonly healthCheck: HealthCheck | null;
  /** Those on which it listens itself: nobody gives them other numbers outside. */
  readonly ports: readonly PublishedPort[];
}

/** What a service asks of a node's GPUs. */
export interface GpuReservation {
  readonly count: number | 'all';
  /** Indices or UUIDs, where they are named. */
  readonly devices: readonly string[];
}

/**
 * What the compose file says of a container, as far as it has to be known before compose itself reads the file on the node.
 * What depends on variables that are not set here is `null` or left out.
 */
export interface ContainerSpec {
  /** `null`: it is built and has no name, or its name is not known here. */
  readonly image: string | null;
  readonly isBuilt: boolean;
  readonly platform: string | null;
  readonly pullPolicy: string | null;
  /** Those with a port of their own on the node. */
  readonly ports: readonly PublishedPort[];
  readonly containerName: string | null;
  /** How long it may take to stop. */
  readonly stopGracePeriodMs: number;
  /** `null`: it does not say that it uses GPUs. */
  readonly gpus: GpuReservation | null;
}

interface ReadinessTiming {
  /** How long the service may take, counted from its start, before it has failed. */
  readonly timeoutMs: number;
  /** The longest pause between two checks. */
  readonly intervalMs: number;
  /** How many passes in a row make it ready. */
  readonly consecutivePasses: number;
}

export interface NoReadiness extends ReadinessTiming {
  /** Running is ready. */
  readonly type: 'none';
}
export interface ContainerReadiness extends ReadinessTiming {
  /** The health check of the compose file (or image) has to report healthy. */
  readonly type: 'container';
}
export interface HttpReadiness extends ReadinessTiming {
  readonly type: 'http';
  readonly url: string;
  /** The status that is a pass; `null`: any 2xx. */
  readonly expectStatus: number | null;
}
export interface TcpReadiness extends ReadinessTiming {
  readonly type: 'tcp';
  readonly host: string;
  readonly port: number;
}
export interface CommandReadiness extends ReadinessTiming {
  /** Run on the service's node, in the working folder. Exit status 0 is a pass. */
  readonly type: 'command';
  readonly argv: readonly string[];
}
export interface LogReadiness extends ReadinessTiming {
  /** A regular expression that a line of the service's log has to match. */
  readonly type: 'log';
  readonly pattern: string;
}

/** What makes a service ready. */
export type Readiness =
  NoReadiness | ContainerReadiness | HttpReadiness | TcpReadiness | CommandReadiness | LogReadiness;

/** Where a service is defined. */
export interface ComposeFiles {
  /** Relative to the scenario's folder. */
  readonly composeFile: string;
  /** In the same folder: what is laid over it, as compose does by itself; `null`: nothing. */
  readonly composeOverride: string | null;
}

/** One instance of a service on one node, fully resolved. */
export interface ServiceSpec extends ComposeFiles {
  /** `p-1`; `p-1@node2` where the service has instances on several nodes. Unique in its scenario. */
  readonly id: string;
  /** The service's name in its compose file. */
  readonly name: string;
  readonly node: string;
  readonly runtime: Runtime;
  readonly dependsOn: readonly Dependency[];
  /** Some dependent waits for it to exit with status 0; then exiting is success, not a crash. */
  readonly isOneShot: boolean;
  readonly readiness: Readiness;
  /** `null` unless the node's runtime is `process`. */
  readonly process: ProcessSpec | null;
  /** `null` unless the node's runtime is `docker`. */
  readonly container: ContainerSpec | null;
  readonly source: SourceLocation;
}
