import { createFailure, type Failure, type FailureKind } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ImageFacts, NodeFacts } from '../../model/node-facts.js';
import type { HealthCheckStrategy } from '../../model/scenario.js';

/** Something that keeps scenarios from running on a node. */
export interface NodeProblem {
  readonly failure: Failure;
  /** The scenarios that it concerns; `null`: every one that uses the node. */
  readonly scenarios: readonly string[] | null;
}

/** What came of looking at one node. */
export interface NodeCheck {
  readonly node: NodeSpec;
  readonly strategy: HealthCheckStrategy;
  /** Somebody logged in. */
  readonly isReachable: boolean;
  /** `null` where it could not be asked. */
  readonly facts: NodeFacts | null;
  readonly images: readonly ImageFacts[];
  readonly problems: readonly NodeProblem[];
  /** What keeps nothing from running and is good to know. */
  readonly warnings: readonly string[];
  readonly durationMs: number;
}

/** What was found about a part of a node. */
export interface Findings {
  readonly problems: readonly NodeProblem[];
  readonly warnings: readonly string[];
}

export const NOTHING_FOUND: Findings = { problems: [], warnings: [] };

export function joinFindings(all: readonly Findings[]): Findings {
  return {
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}

/** A problem of the node itself. */
export function problemOf(
  node: NodeSpec,
  kind: FailureKind,
  message: string,
  hint: string,
): NodeProblem {
  const { name, source } = node;
  return { failure: createFailure(kind, message, { node: name, source, hint }), scenarios: null };
}

/** A problem of those scenarios only that ask for something. */
export function problemFor(
  node: NodeSpec,
  asked: readonly { readonly scenario: string; readonly service?: string }[],
  kind: FailureKind,
  message: string,
  hint: string,
): NodeProblem {
  return {
    failure: createFailure(kind, message, {
      node: node.name,
      service: asked[0]?.service ?? null,
      hint,
    }),
    scenarios: [...new Set(asked.map(({ scenario }) => scenario))],
  };
}
