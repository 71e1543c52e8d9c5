// Compiles assembly/ twice, with plain SIMD and with relaxed multiply-add, into src/wasm/generated/modules.ts. The binaries
// travel as base64 inside that module, so that bundlers, browsers and workers need no file access.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = dirname(fileURLToPath(import.meta.url));
const sources = join(root, 'assembly');
const target = join(root, 'src', 'wasm', 'generated', 'modules.ts');
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

function fingerprint() {
  const hash = createHash('sha256')
    .update(asc.version ?? '')
    .update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of readdirSync(sources).sort()) hash.update(file).update(readFileSync(join(sources, file)));
  return hash.digest('hex').slice(0, 16);
}

async function compile(features) {
  const enabled = features.flatMap((feature) => ['--enable', feature]);
  const binaries = new Map();
  const { error, stderr } = await asc.main(
    ['index.ts', '--baseDir', sources, '--outFile', 'out.wasm', ...flags, ...enabled],
    {
      writeFile: (name, contents) => void binaries.set(name, contents),
    },
  );
  const binary = binaries.get('out.wasm');
  if (error || !binary)
    throw new Error(`assembly (${features.join(', ')}) does not compile\n${stderr}\n${error ?? ''}`);
  return binary;
}

const header = `// Written by build.mjs from assembly/ (${fingerprint()}).\n`;
if (existsSync(target) && readFileSync(target, 'utf8').startsWith(header)) {
  console.log('kernels: WebAssembly is up to date');
} else {
  let text = header;
  for (const [name, features] of Object.entries(builds)) {
    const binary = await compile(features);
    text += `export const ${name}: string =\n  '${Buffer.from(binary).toString('base64')}';\n`;
    console.log(`kernels: ${name}.wasm, ${binary.length} bytes`);
  }
  mkdirSync(dirname(target), { recursive: true });
  // written beside and renamed, so that a build running at the same time never reads half a file
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, target);
}
