import type { DeploymentBackend } from '../../deploy/backend.js';
import type { NodeSpec, Runtime } from '../../model/node.js';
import { compareImages } from './compare.js';
import type { Decision } from './decide.js';

export interface ImageQuestions {
  /** Of the configuration. */
  readonly nodes: readonly NodeSpec[];
  readonly backends: Readonly<Partial<Record<Runtime, DeploymentBackend>>>;
  readonly signal: AbortSignal;
}

/**
 * Asks the nodes of kept scenarios what the names of their images stand for now: a `latest` that is another image is
 * another input. Where a node does not answer, the result is kept, and a warning says so.
 */
export async function settleImages(
  decisions: readonly Decision[],
  questions: ImageQuestions,
): Promise<{ readonly decisions: readonly Decision[]; readonly warnings: readonly string[] }> {
  const known = decisions.flatMap(({ kept }) =>
    (kept?.recorded.images ?? []).filter(({ id }) => id !== null),
  );
  const warnings: string[] = [];
  const asked = await Promise.all(
    [...new Set(known.map(({ node }) => node))].map(async (name) => {
      const images = known.filter(({ node }) => node === name).map(({ image }) => image);
      const node = questions.nodes.find((each) => each.name === name);
      const ids =
        node && (await questions.backends[node.runtime]?.imageIds(node, images, questions.signal));
      if (ids && !ids.ok) {
        warnings.push(
          `${name}: whether its images are still the same is not known: ${ids.failure.message}`,
        );
      }
      return [name, ids?.ok ? ids.value : new Map<string, string>()] as const;
    }),
  );
  const ids = new Map(asked);
  const settle = (decision: Decision): Decision => {
    if (decision.kept === null) return decision;
    const idOf = (node: string, image: string) => ids.get(node)?.get(image) ?? null;
    const reasons = compareImages(decision.kept.recorded.images, idOf);
    return reasons.length === 0 ? decision : { scenario: decision.scenario, kept: null, reasons };
  };
  return { decisions: decisions.map(settle), warnings };
}
