// Removes build output: `rm -rf` that also works where there is no rm.
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
