/** Runs a chapter as a reader would: as one TypeScript module, in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Chapter, END_OF_BLOCK } from './chapter.js';

export interface Result {
  /** What each block has printed, without the last end of line; what comes after the last block is its, too. */
  readonly printed: readonly string[];
  /** Messages on stderr; of a failed chapter with the page's line. */
  readonly errors: string;
  readonly ok: boolean;
}

/** A chapter that takes longer, in milliseconds, is stopped. */
const LIMIT = 170_000;

export const RUNS: string = fileURLToPath(new URL('../runs/', import.meta.url));

/** A new folder inside of this package, so that its dependencies are found from there. */
export function makeFolder(): { path: string; [Symbol.dispose](): void } {
  mkdirSync(RUNS, { recursive: true });
  const path = mkdtempSync(join(RUNS, 'course-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The chapter's files, pictures among them, are left in the folder. */
export function runChapter({ name, program }: Chapter, folder: string): Result {
  writeFileSync(join(folder, `${name}.ts`), program);
  const args = ['--import', 'tsx', '--conditions=@torchlet/source', `${name}.ts`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const printed = stdout.split(`${END_OF_BLOCK}\n`);
  if (status === 0) {
    const late = printed.pop();
    if (late !== '') printed.push(`${printed.pop()}${late}`);
  }
  return { printed: printed.map((text) => text.replace(/\n$/, '')), errors: stderr, ok: status === 0 };
}
