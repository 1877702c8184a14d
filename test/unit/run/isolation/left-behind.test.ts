import { expect, it } from 'vitest';

import { createFailure } from '../../../../src/model/failure.js';
import { leftBehind } from '../../../../src/run/isolation/remains/prove-clean.js';

it('what is left behind is told with the reason why it could not be removed', () => {
  const busy = createFailure('left_behind', "rm: cannot remove '/w/a': Device or resource busy");
  const folder = { node: 'node1', kind: 'folder', description: '/w' };
  expect(leftBehind('node1', [folder], busy)).toMatchObject({
    message: `still there after the scenario: folder /w; ${busy.message}`,
    cause: busy,
  });
  // A reason that only names it again is none.
  const again = createFailure('left_behind', 'could not remove folder /w');
  expect(leftBehind('node1', [folder], again).message).toBe(
    'still there after the scenario: folder /w',
  );
});
