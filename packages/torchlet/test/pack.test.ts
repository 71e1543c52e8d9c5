/**
 * Packs every package as it would be published and uses the tarballs from an empty folder: what a user gets runs, and
 * type-checks under `strict` without `skipLibCheck`, with nothing of this workspace in reach.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const workspace = resolve(import.meta.dirname, '../../..');
const minutes = 60_000;

/** Runs a program; a failure carries everything that it printed. */
async function run(command: string, args: string[], cwd: string): Promise<string> {
  try {
    const options = {
      cwd,
      env: { ...process.env, NO_COLOR: '1' },
      maxBuffer: 2 ** 26,
      shell: process.platform === 'win32',
    };
    const { stdout } = await promisify(execFile)(command, args, options);
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd}\n${stdout}\n${stderr}`);
  }
}

const pnpm = (args: string[], cwd: string): Promise<string> => run('npx', ['-y', 'pnpm@12', ...args], cwd);

/** The packages' names, each with its tarball. */
async function pack(folder: string): Promise<Map<string, string>> {
  await run(process.execPath, ['tools/build.mjs'], workspace);
  await pnpm(['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder], workspace);
  const files = await readdir(folder);
  const tarballs = new Map<string, string>();
  for (const name of await readdir(join(workspace, 'packages'))) {
    const manifest = JSON.parse(await readFile(join(workspace, 'packages', name, 'package.json'), 'utf8'));
    const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
    expect(files).toContain(file);
    tarballs.set(manifest.name, `file:${join(folder, file)}`);
  }
  return tarballs;
}

/** An empty project that depends on every tarball. */
async function install(tarballs: Map<string, string>, folder: string): Promise<void> {
  const dependencies = Object.fromEntries(tarballs);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  // The packages name each other by version, and those versions are not published: point them at the tarballs.
  const settings = { overrides: { ...dependencies, 'gpu.js>webgpu': '^0.6.2' } };
  await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  await pnpm(['install', '--ignore-scripts', '--prefer-offline', '--no-frozen-lockfile'], folder);
}

const program = `
import assert from 'node:assert/strict';
import * as torch from 'torchlet';

torch.manual_seed(0);
const net = new torch.nn.Linear(3, 1);
const optimizer = new torch.optim.SGD(net.parameters(), { lr: 0.1 });
const x = torch.randn(8, 3);
const y = x.matmul(torch.tensor([[1], [-2], [3]])).add(0.5);

const losses = [];
for (let step = 0; step < 3; step++) {
  optimizer.zero_grad();
  const loss = torch.nn.functional.mse_loss(net(x), y);
  loss.backward();
  optimizer.step();
  losses.push(loss.item());
}
assert(losses[2] < losses[1] && losses[1] < losses[0], 'the loss must fall: ' + losses);

torch.save(net.state_dict(), 'net.pt');
const loaded = torch.load('net.pt');
assert.deepEqual(Object.keys(loaded), ['weight', 'bias']);
assert.deepEqual(loaded.weight.tolist(), net.weight.tolist());
console.log('trained', losses.length, 'steps');
`;

const typed = `
import * as torch from 'torchlet';
import type { Tensor } from '@torchlet/tensor';

class Net extends torch.nn.Module {
  hidden = new torch.nn.Linear(3, 8);
  out = new torch.nn.Linear(8, 1);
  override forward(x: Tensor): Tensor {
    return this.out(this.hidden(x).relu());
  }
}

export const net: Net = new Net();
const optimizer = new torch.optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
const loss: Tensor = torch.nn.functional.mse_loss(net(torch.randn(8, 3)), torch.zeros(8, 1));
loss.backward();
optimizer.step();
export const value: number = loss.item();
export const state: Record<string, Tensor> = net.state_dict();

// What is wrong must be seen to be wrong: types that are \`any\` would accept these.
// @ts-expect-error an item is a number
export const text: string = loss.item();
// @ts-expect-error there is no such method
loss.no_such_method();
// @ts-expect-error there is no such option
new torch.optim.SGD(net.parameters(), { no_such_option: 1 });
`;

const tsconfig = {
  compilerOptions: {
    // No newer library: the declarations must bring what they need.
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noImplicitOverride: true,
    skipLibCheck: false,
    noEmit: true,
    // No @types/node: the declarations must not need it.
    types: [],
  },
  files: ['typed.ts'],
};

describe('the packed packages, in an empty folder', () => {
  let folder = '';
  let tarballs = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torchlet-pack-'));
    const packed = await mkdtemp(join(folder, 'packed-'));
    tarballs = await pack(packed);
    await install(tarballs, folder);
  }, 5 * minutes);

  afterAll(() => rm(folder, { recursive: true, force: true }), minutes);

  it('load one by one', { timeout: minutes }, async () => {
    for (const name of [...tarballs.keys(), '@torchlet/optim/swa_utils']) {
      const script = `const m = await import('${name}'); console.log(Object.keys(m).length > 0)`;
      const printed = await run(process.execPath, ['--input-type=module', '--eval', script], folder);
      expect(`${name}: ${printed.trim()}`).toBe(`${name}: true`);
    }
  });

  it('train three steps, save and load', { timeout: minutes }, async () => {
    await writeFile(join(folder, 'program.js'), program);
    expect(await run(process.execPath, ['program.js'], folder)).toBe('trained 3 steps\n');
  });

  it('type-check a strict program without skipLibCheck', { timeout: minutes }, async () => {
    await writeFile(join(folder, 'typed.ts'), typed);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
    expect(await run(process.execPath, [tsc, '--project', folder, '--pretty', 'false'], folder)).toBe('');
  });
});
