import type { HookSpec } from '../../model/hook.js';
import type { ComposeContext } from '../compose/context.js';
import type { ProblemLog, Report } from '../problem-log.js';
import type { Layer } from '../project/layers.js';
import type { NodeRegistry } from '../project/nodes.js';
import type { Environment } from '../project/variables.js';
import type { SecretCollector } from '../value/secret.js';
import type { Lookup } from '../value/template.js';

/** What all scenarios of a project share. */
export interface ProjectContext {
  /** The project, absolute. */
  readonly root: string;
  readonly environment: Environment;
  /** The project's `.env`. */
  readonly projectVariables: ReadonlyMap<string, string>;
  /** Looks in the environment, then in the project's `.env`. */
  readonly lookup: Lookup;
  /** `null`: `nodes.yaml` says nothing usable, so nothing can be said about nodes. */
  readonly nodes: NodeRegistry | null;
  /** The project's files that give settings, by priority. */
  readonly layers: readonly Layer[];
  /** What lies in `hooks/`. */
  readonly hooks: readonly HookSpec[];
  readonly log: ProblemLog;
  readonly secrets: SecretCollector;
}

/** What resolving one scenario needs. */
export interface ScenarioContext extends ProjectContext {
  readonly report: Report;
  readonly compose: ComposeContext;
  /** Names of what lies in the scenario's folder. */
  readonly content: ReadonlySet<string>;
  /** What its `.env` holds. */
  readonly variables: ReadonlyMap<string, string>;
  /** Profiles that `COMPOSE_PROFILES` switches on. */
  readonly profiles: ReadonlySet<string>;
  /** Variables that its compose files use and that are set, as they are found. */
  readonly composeVariables: ReadonlyMap<string, string>;
}
