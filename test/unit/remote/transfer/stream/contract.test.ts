import { describeConnection } from '../../../../contract/connection.js';
import { openNode, streaming } from './nodes.js';
import { ALL_TOOLS } from './tools.js';

for (const tools of ALL_TOOLS) {
  describeConnection(`streaming (${tools.name})`, async () =>
    streaming(await openNode(), await openNode(tools)),
  );
}
