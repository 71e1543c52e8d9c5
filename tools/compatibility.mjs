/**
 * Writes docs/pytorch-compatibility.md from PyTorch's own names (compatibility/names.json) and what the built packages
 * export, so that it cannot claim what is not there. `--check`: only says whether the file is up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMain, root } from './run.mjs';

const target = join(root, 'docs/pytorch-compatibility.md');
const read = (name) => JSON.parse(readFileSync(join(root, 'tools/compatibility', name), 'utf8'));

/** PyTorch's namespaces as ours: what holds the names of each. */
function namespaces(torch) {
  return {
    torch,
    'torch.Tensor': torch.Tensor.prototype,
    'torch.autograd': torch.autograd,
    'torch.nn': torch.nn,
    'torch.nn.functional': torch.nn.functional,
    'torch.nn.init': torch.nn.init ?? {},
    'torch.nn.utils': torch.nn.utils ?? {},
    'torch.optim': torch.optim,
    'torch.optim.lr_scheduler': torch.optim.lr_scheduler,
    'torch.optim.swa_utils': torch.optim.swa_utils ?? {},
    'torch.random': torch.random ?? {},
    'torch.utils.data': torch.utils.data,
  };
}

/** Fields that a tensor gets from its constructor, and so do not stand on the prototype. */
const FIELDS = { 'torch.Tensor': ['shape', 'dtype'] };

function has(space, holder, name) {
  return name in holder || (FIELDS[space] ?? []).includes(name);
}

/** One namespace's names, sorted into supported, different and absent. */
function sort(space, holder, names, newer, notes) {
  const all = [...new Set([...names, ...newer])].sort();
  const supported = all.filter((name) => has(space, holder, name));
  const different = Object.keys(notes).sort();
  for (const name of different) {
    if (!supported.includes(name)) throw new Error(`compatibility/notes.json: ${space}.${name} is not exported`);
  }
  return {
    supported: supported.filter((name) => !different.includes(name)),
    different: different.map((name) => [name, notes[name]]),
    absent: all.filter((name) => !supported.includes(name)),
  };
}

const list = (names) => (names.length === 0 ? '–' : names.map((name) => `\`${name}\``).join(' '));

function section(space, { supported, different, absent }) {
  const total = supported.length + different.length + absent.length;
  const lines = [
    `## ${space}`,
    '',
    `${supported.length + different.length} of ${total} names.`,
    '',
    `**Supported:** ${list(supported)}`,
    '',
  ];
  if (different.length > 0) {
    lines.push('**Different:**', '', '| name | how |', '|---|---|');
    for (const [name, how] of different) lines.push(`| \`${name}\` | ${how} |`);
    lines.push('');
  }
  lines.push('<details><summary>Absent</summary>', '', list(absent), '', '</details>', '');
  return lines.join('\n');
}

/** What leaves the gpu, from the lists by which the code does so. */
async function gpuSection() {
  const load = (file) => import(pathToFileURL(join(root, 'packages/tensor/dist', file)).href);
  const { THROUGH_CPU } = await load('backend/gpu/through-cpu.js');
  const { HOST_OPS } = await load('ops/host-ops.js');
  const rows = Object.entries(THROUGH_CPU)
    .filter(([, when]) => when !== null)
    .map(([name, when]) => `| \`${name}\` | ${when} |`);
  return `## On the gpu device

Everything is a kernel on the device, for float32 and bool and for integers up to ±2^24, except what follows. That goes through the
cpu, and \`gpu.stats().transfers_by_op\` counts it under these names (a family with its member: \`elementwise.add\`, \`scan.sum\`);
\`TORCHLET_GPU_DEBUG=1\` prints each. float64 is not there.

| | goes through the cpu |
|---|---|
${rows.join('\n')}
| \`pack\`, \`store\` | views of integers beyond ±2^24, and views whose strides do not nest, such as overlapping windows |

Because their result's size or their course depends on the elements, these compute on the host on every device: ${list(HOST_OPS)}
(indices of \`index\` and \`take\` are read, the elements stay).
`;
}

async function render() {
  const { pytorch, namespaces: names } = read('names.json');
  const notes = read('notes.json');
  const newer = read('newer.json');
  const torch = await import(pathToFileURL(join(root, 'packages/torchlet/dist/index.js')).href);
  const holders = namespaces(torch);
  const sections = Object.entries(names).map(([space, list]) =>
    section(space, sort(space, holders[space], list, newer[space] ?? [], notes[space] ?? {})),
  );
  return `# What of PyTorch is here

Written by \`node tools/compatibility.mjs\` from the public names of PyTorch ${pytorch} (and those that 2.x has added,
\`tools/compatibility/newer.json\`) and from what the built packages export. A name is *supported* if it is exported under
PyTorch's name and does what PyTorch's does (an argument that is not supported is an error, never ignored), *different*
where something must be known before using it, *absent* otherwise.

Everywhere: no operators, methods instead; keyword arguments in one trailing object; \`null\` for \`None\`; arrays for tuples and shapes;
\`new\` before a class; dtypes float32, float64, int64 (integers up to ±(2^53 − 1)), int32, uint8 and bool; devices cpu and gpu.

${await gpuSection()}
${sections.join('\n')}`;
}

/** Writes the page, or with `check` compares it. @returns whether it is now, or was, up to date. */
export async function compatibility(check) {
  const text = await render();
  let old = '';
  try {
    old = readFileSync(target, 'utf8');
  } catch {
    // not yet written
  }
  if (old === text) return true;
  if (check) {
    console.error('docs/pytorch-compatibility.md is stale; run node tools/compatibility.mjs after a build');
    return false;
  }
  writeFileSync(target, text);
  return true;
}

if (isMain(import.meta.url)) process.exitCode = (await compatibility(process.argv.includes('--check'))) ? 0 : 1;
