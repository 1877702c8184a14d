/**
 * The layers of docs/architecture.md. Imports point down only; siblings do not import each other.
 * `model` is the bottom, `cli` the top.
 */
const layers = {
  model: [],
  async: ['model'],
  remote: ['async', 'model'],
  config: ['model'],
  plan: ['model'],
  deploy: ['remote', 'async', 'model'],
  readiness: ['remote', 'async', 'model'],
  benchmark: ['remote', 'async', 'model'],
  results: ['remote', 'async', 'model'],
  report: ['model'],
  run: [
    'config',
    'plan',
    'deploy',
    'readiness',
    'benchmark',
    'results',
    'report',
    'remote',
    'async',
    'model',
  ],
};

const down = Object.entries(layers).map(([folder, allowed]) => ({
  name: `${folder}-imports-down`,
  comment: `src/${folder} may import ${allowed.join(', ') || 'nothing'}: the arrows of the architecture point down only.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
}));

/** A library stands behind one seam, so that it can be replaced by changing one folder. */
const kept = (libraries, folders, why) => ({
  name: `${libraries[0]}-stays-in-${folders.replaceAll(/[^a-z]+/g, '-')}`,
  comment: why,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${folders}` },
  to: { path: `node_modules/(${libraries.join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...down,
    kept(['ssh2', 'node-ssh'], 'remote/', 'Nothing above a Connection may know how it is made.'),
    kept(['execa'], 'remote/local/', 'Processes are started by the local connection only.'),
    kept(['listr2', 'chalk', 'cli-table3'], 'report/', 'How things look is decided in one place.'),
    kept(['commander'], 'cli/', 'Only the command line knows that there is a command line.'),
    {
      name: 'no-dev-dependencies',
      comment: 'What ships must be installed by users.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'types', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
