import { describeConnection } from '../../../../contract/connection.js';
import { openNode, streaming } from './nodes.js';
import { ALL_TOOLS } from './tools.js';

// With the tools that differ most from those of this machine; commands themselves use those of this machine.
for (const tools of ALL_TOOLS.slice(-1)) {
  describeConnection(`streaming (${tools.name})`, async () =>
    streaming(await openNode(), await openNode(tools)),
  );
}
