// Runs all tests: those of the lab beside the others, since they mostly wait for containers while the others compute.
// With arguments it is `vitest run` with these.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

/** @returns {Promise<number>} vitest's exit status; its output is shown when it is over, where it is `held`. */
function run(args, { isHeld }) {
  const child = spawn(process.execPath, [VITEST, 'run', ...args], {
    stdio: isHeld ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  const held = [];
  child.stdout?.on('data', (chunk) => held.push(chunk));
  child.stderr?.on('data', (chunk) => held.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(held));
      resolve(code ?? 1);
    });
  });
}

const args = process.argv.slice(2);
const statuses =
  args.length > 0
    ? [await run(args, { isHeld: false })]
    : await Promise.all([
        run(['--project', 'lab'], { isHeld: true }),
        run(['--project', 'plain'], { isHeld: false }),
      ]);
process.exitCode = Math.max(...statuses);
