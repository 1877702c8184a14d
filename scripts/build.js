// Builds dist/: the code as a few bundled files, because loading three hundred small ones takes longer than all that
// most commands do (docs/adr/0006). Types are emitted by tsc.
import { build } from 'esbuild';

// A library that is CommonJS has no named exports where it is imported dynamically: import modules of our own so.
// Everything in dist/ lies two levels below the package, as in src/: code finds files of the package by '../../'.
await build({
  entryPoints: ['src/cli/main.ts', 'src/library/index.ts'],
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  // Brings machine code of its own, which is looked for beside it.
  external: ['ssh2'],
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  legalComments: 'linked',
  minifyWhitespace: true,
  logLevel: 'warning',
  banner: {
    // Some libraries are CommonJS and ask for Node's own modules.
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
});
