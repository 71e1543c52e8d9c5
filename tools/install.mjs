/** Installs the workspace when something in it asks for more than what is installed. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run.mjs';
import { members } from './workspace.mjs';

/** What was installed last; lies inside node_modules, so that deleting that folder forgets it. */
const stampFile = join(root, 'node_modules', '.torchlet-install');

/** A digest of everything that decides what an install does. */
function wanted() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const manifests = members().map((folder) => `${folder}/package.json`);
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', ...manifests]) {
    hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function installed() {
  if (!existsSync(stampFile)) return null;
  const complete = members().every((folder) => !needsModules(folder) || existsSync(join(root, folder, 'node_modules')));
  return complete ? readFileSync(stampFile, 'utf8') : null;
}

function needsModules(folder) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).length > 0;
}

/** @returns whether everything that the lockfile names is now installed. */
export function install() {
  const stamp = wanted();
  if (installed() === stamp) return true;
  console.log('Installing dependencies …');
  // Through npx, so that Node and npm are enough; pnpm may rebuild node_modules without asking, it holds nothing else.
  const args = ['-y', 'pnpm@12', 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  const ok = run('npx', args, { shell: process.platform === 'win32' });
  if (ok) writeFileSync(stampFile, stamp);
  else console.error('The dependencies could not be installed: see the message above.');
  return ok;
}
