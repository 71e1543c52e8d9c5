// Compiles assembly/ twice, with plain SIMD and with relaxed multiply-add, into src/wasm/generated/modules.ts, and the program of
// the worker threads into src/parallel/generated/worker.ts. Both travel as text inside these modules, so that bundlers, browsers
// and workers need no file access.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const sources = join(root, 'assembly');
const modules = join(root, 'src', 'wasm', 'generated', 'modules.ts');
const workerSource = join(root, 'src', 'parallel', 'task.ts');
const worker = join(root, 'src', 'parallel', 'generated', 'worker.ts');
const builds = { simd: ['simd'], relaxed: ['simd', 'relaxed-simd'] };
// the memory is made outside, once for all modules and threads
const memory = [
  '--importMemory',
  '--sharedMemory',
  '--initialMemory',
  '1',
  '--maximumMemory',
  '65536',
  '--enable',
  'threads',
];
const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--memoryBase', '64', ...memory];

/** Of the sources, of this file, and of the versions of the compilers. */
function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of [fileURLToPath(import.meta.url), join(root, 'package.json'), ...files]) {
    hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * The binary of a build.
 * @param extra a source that is compiled instead of index.ts; it may import the others
 */
export async function compile(name, extra) {
  const features = builds[name];
  const enabled = features.flatMap((feature) => ['--enable', feature]);
  const { default: asc } = await import('assemblyscript/asc');
  const binaries = new Map();
  const read = (file) => (existsSync(join(sources, file)) ? readFileSync(join(sources, file), 'utf8') : null);
  const { error, stderr } = await asc.main(
    [extra === undefined ? 'index.ts' : 'extra.ts', '--outFile', 'out.wasm', ...flags, ...enabled],
    {
      readFile: (file) => (file === 'extra.ts' && extra !== undefined ? extra : read(file)),
      writeFile: (file, contents) => void binaries.set(file, contents),
    },
  );
  const binary = binaries.get('out.wasm');
  if (error || !binary)
    throw new Error(`assembly (${features.join(', ')}) does not compile\n${stderr}\n${error ?? ''}`);
  return binary;
}

async function compileModules() {
  let text = '';
  for (const name of Object.keys(builds)) {
    const binary = await compile(name);
    text += `export const ${name}: string =\n  '${Buffer.from(binary).toString('base64')}';\n`;
    console.log(`kernels: ${name}.wasm, ${binary.length} bytes`);
  }
  return text;
}

/** A worker loads no TypeScript and no modules from here: it gets its program as text. */
function compileWorker() {
  const folder = mkdtempSync(join(tmpdir(), 'torchlet-worker-'));
  try {
    const tsc = join(root, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--outDir', folder, '--ignoreConfig', '--noCheck', '--module', 'commonjs', '--target', 'es2022'];
    execFileSync(process.execPath, [tsc, workerSource, '--types', '', ...options], { stdio: 'inherit' });
    const code = readFileSync(join(folder, 'task.js'), 'utf8');
    const program = `${code}\nserve(require('node:worker_threads'), require);\n`;
    return `export const program: string = ${JSON.stringify(program)};\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes a module unless it stands there already, made from the same sources. */
async function refresh(target, files, make) {
  const header = `// Written by build.mjs (${fingerprint(files)}).\n`;
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(header)) return;
  const text = header + (await make());
  mkdirSync(dirname(target), { recursive: true });
  // written beside and renamed, so that a build running at the same time never reads half a file
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, target);
  console.log(`kernels: ${relative(root, target)} is new`);
}

/** Builds what is stale; vitest calls it too, before all tests. */
export default async function build() {
  const assembly = readdirSync(sources).sort();
  await refresh(
    modules,
    assembly.map((file) => join(sources, file)),
    compileModules,
  );
  await refresh(worker, [workerSource], compileWorker);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
