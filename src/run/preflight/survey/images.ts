import { type Answer, linesOf } from './answer.js';

/** What a node says of an image. */
export type ImageAnswer =
  | { readonly status: 'present' | 'will_be_pulled' }
  | { readonly status: 'missing' | 'unknown'; readonly said: string };

/** A registry that answers, and does not have it or does not let this login have it. */
const REFUSED =
  /manifest unknown|no such manifest|not found|denied|unauthorized|authentication required|invalid reference/i;

export function parseImages(answer: Answer): ReadonlyMap<string, ImageAnswer> {
  const images = new Map<string, ImageAnswer>(
    linesOf(answer, 'image-present').map((image) => [image, { status: 'present' }]),
  );
  for (const line of linesOf(answer, 'image-absent')) {
    const [image = '', status = '', ...words] = line.split('\t');
    const said = words.join(' ').trim();
    if (status === '0') images.set(image, { status: 'will_be_pulled' });
    else if (REFUSED.test(said)) images.set(image, { status: 'missing', said });
    else images.set(image, { status: 'unknown', said: said || 'its registry does not answer' });
  }
  return images;
}
