/**
 * Who may import whom. Run as `npm test -- layers`.
 *
 * Everything here is about imports that exist at run time, unless a rule says otherwise: `import type` may point upwards,
 * because the compiler erases it. (`import { type X }` leaves an import behind, so the linter demands the first form.)
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Packages and the packages their sources may import. viz may see all of them, and nothing may see viz. */
const packages = {
  kernels: [],
  tensor: ['kernels'],
  nn: ['tensor'],
  optim: ['tensor'],
  data: ['tensor'],
  viz: ['kernels', 'tensor', 'nn', 'optim', 'data'],
  torchlet: ['tensor', 'nn', 'optim', 'data'],
};

/** packages/tensor/src from the ground up: a file imports its own layer and those before it, never one after it. */
const tensorLayers = [
  ['errors', 'dtype', 'shape', 'arguments', 'signature', 'dtype-names'],
  ['random/', 'format', 'storage'],
  ['backend/'],
  ['tensor-rare', 'tensor-grad', 'tensor', 'generator', 'threads', 'config'],
  ['autograd/'],
  [
    'tensor-data',
    'factories',
    'random-factories',
    'random-state',
    'sequence-factories',
    'factories-list',
    'gpu',
    'gpu-warm-up',
    'sparse',
    'sparse-factory',
    'ops/',
  ],
  ['methods', 'properties', 'serialization/', 'platform/'],
  ['index', 'internal'],
];

/** A pattern that matches these folders (`ops/`) and files (`shape`) of packages/tensor/src. */
const inTensor = (names) =>
  `^packages/tensor/src/(${names.map((n) => (n.endsWith('/') ? n : `${n}[.]ts$`)).join('|')})`;

/** What package.json `exports` gives away, as source files: the only way into a package from outside. */
function entries() {
  return readdirSync('packages').flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
    return Object.values(exports).map((target) => `packages/${name}/${target['@torchlet/source'].slice('./'.length)}`);
  });
}

const runtime = { dependencyTypesNot: ['type-only'] };

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `packages-${name}`,
  comment: `@torchlet/${name} may import ${allowed.join(', ') || 'no other package'} (DESIGN: dependencies point one way), types included.`,
  severity: 'error',
  // AveragedModel is a Module, so this one file (a subpath of its own) joins optim and nn.
  from: { path: `^packages/${name}/src/`, ...(name === 'optim' && { pathNot: '^packages/optim/src/swa[_-]utils' }) },
  to: { path: '^packages/[^/]+/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}));

const tensorRules = tensorLayers.slice(0, -1).map((layer, i) => ({
  name: `tensor-${layer.map((n) => n.replace('/', '')).join('-')}`,
  comment: `Inside tensor, ${layer.join(', ')} stands below ${tensorLayers
    .slice(i + 1)
    .flat()
    .join(', ')}.`,
  severity: 'error',
  from: { path: inTensor(layer) },
  to: { path: inTensor(tensorLayers.slice(i + 1).flat()), ...runtime },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle makes the value of an import depend on which file was loaded first.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: runtime },
    },
    {
      name: 'tensor-every-file-has-a-layer',
      comment: 'A file outside the layers above would escape them: give it a place in tensorLayers.',
      severity: 'error',
      from: {},
      to: { path: '^packages/tensor/src/', pathNot: inTensor(tensorLayers.flat()) },
    },
    {
      name: 'tensor-every-importer-has-a-layer',
      comment: 'The same for a file that nobody imports.',
      severity: 'error',
      from: { path: '^packages/tensor/src/', pathNot: inTensor(tensorLayers.flat()) },
      to: {},
    },
    ...packageRules,
    ...tensorRules,
    {
      name: 'only-through-the-entry',
      comment: 'A package is used through its exports, never by a path into its sources.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|examples/[^/]+|bench|tools)/' },
      to: {
        path: '^packages/[^/]+/(src|dist)/',
        // $1 is the importing package itself.
        pathNot: ['^$1/', ...entries().map((file) => `^${file.replaceAll('.', '[.]')}$`)],
      },
    },
    {
      name: 'nothing-sees-examples',
      comment: 'Examples, benchmarks and tools stand on the packages, never the other way round.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(examples|bench|tools)/' },
    },
    {
      name: 'node-only-behind-platform',
      comment:
        'What only Node has stands in platform/ or a node.ts, chosen by package.json imports; a browser gets another.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '/platform/|/node[.]ts$' },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only', 'dynamic-import'] },
    },
    {
      name: 'declared-dependencies',
      comment: 'What a package imports stands in its own package.json, or it breaks as soon as it is installed alone.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], ...runtime },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere would also be one that no rule above can see.',
      severity: 'error',
      from: { path: '^(packages/[^/]+/src|examples|bench)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // bench/peers is no part of the workspace: what it imports is installed only where it is run
    exclude: { path: '^(packages|examples|tools)/[^/]+/(dist|assembly|test/fixtures)/|^bench/(dist|peers)/' },
    // TypeScript 7 has no JavaScript API: the parser is the TypeScript 5 of pnpm-workspace.yaml's packageExtensions.
    parser: 'tsc',
    tsPreCompilationDeps: 'specify',
    detectProcessBuiltinModuleCalls: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@torchlet/source', 'node', 'import', 'types', 'default'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
};
