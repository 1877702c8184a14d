import type { NodeSpec } from '../../../model/node.js';
import type { ImageFacts } from '../../../model/node-facts.js';
import { type Findings, joinFindings, NOTHING_FOUND, problemFor } from '../findings.js';
import type { ImageNeed } from '../needs.js';
import type { ImageAnswer } from '../survey/images.js';

export interface ImageJudgement extends Findings {
  readonly images: readonly ImageFacts[];
}

/** Whether the images that scenarios need are on a node, or can get there. */
export function judgeImages(
  node: NodeSpec,
  answers: ReadonlyMap<string, ImageAnswer>,
  needs: readonly ImageNeed[],
): ImageJudgement {
  const groups = new Map<string, ImageNeed[]>();
  for (const need of needs) groups.set(need.image, [...(groups.get(need.image) ?? []), need]);
  const judged = [...groups].map(([image, asked]) =>
    judgeImage(node, image, asked, answers.get(image)),
  );
  return { ...joinFindings(judged), images: judged.map(({ facts }) => facts) };
}

function judgeImage(
  node: NodeSpec,
  image: string,
  asked: readonly ImageNeed[],
  answer: ImageAnswer | undefined,
): Findings & { readonly facts: ImageFacts } {
  if (answer?.status === 'present')
    return { ...NOTHING_FOUND, facts: { image, status: 'present' } };
  const waiting = asked.filter(({ isBuilt }) => !isBuilt);
  if (waiting.length === 0) return { ...NOTHING_FOUND, facts: { image, status: 'will_be_built' } };

  const forbidden = waiting.filter(({ mayPull }) => !mayPull);
  if (forbidden.length > 0) {
    const message = `image ${image} is not there, and pull_policy is never`;
    return missing(
      node,
      image,
      forbidden,
      message,
      `bring it there: docker save ${image} | ssh … docker load`,
    );
  }
  if (answer?.status === 'will_be_pulled') {
    return { ...NOTHING_FOUND, facts: { image, status: 'will_be_pulled' } };
  }
  const said = answer && 'said' in answer ? answer.said : 'the node did not say';
  if (answer?.status === 'missing') {
    const message = `image ${image} is neither there nor can it be pulled: ${said}`;
    const hint = `is ${image} spelled right? A private one needs \`docker login\` on the node`;
    return missing(node, image, waiting, message, hint);
  }
  return {
    problems: [],
    warnings: [`image ${image} is not there, and whether it can be pulled is not known: ${said}`],
    facts: { image, status: 'unknown' },
  };
}

function missing(
  node: NodeSpec,
  image: string,
  asked: readonly ImageNeed[],
  message: string,
  hint: string,
): Findings & { readonly facts: ImageFacts } {
  return {
    problems: [problemFor(node, asked, 'image_missing', message, hint)],
    warnings: [],
    facts: { image, status: 'missing' },
  };
}
