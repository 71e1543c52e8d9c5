/**
 * Runs chapters of the course and prints what they print: `node dist/main.js [number …]`, all of them unless numbers are given.
 * `--draw` also puts the pictures that they make into docs/learn/images, and `--fill` what they print into their pages.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Chapter, COURSE, filledIn, IMAGES, readCourse } from './chapter.js';
import { photograph } from './explorer-picture.js';
import { makeFolder, RUNS, runChapter } from './run.js';

const { values, positionals } = parseArgs({
  options: { draw: { type: 'boolean', default: false }, fill: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const chapters = readCourse(positionals);
if (chapters.length === 0) {
  console.error('error: there is no such chapter');
  process.exitCode = 1;
}
for (const chapter of chapters) if (!(await run(chapter))) process.exitCode = 1;

async function run(chapter: Chapter): Promise<boolean> {
  const folder = makeFolder();
  try {
    const { printed, errors, ok } = runChapter(chapter, folder.path);
    console.log(`\n== ${chapter.name}\n`);
    printed.forEach((text, i) => {
      if (text !== '') console.log(`${chapter.name}.md:${chapter.blocks[i]?.line}\n${text}\n`);
    });
    if (errors !== '') console.error(errors);
    if (!ok) return false;
    if (values.fill) writeFileSync(`${COURSE}${chapter.name}.md`, filledIn(chapter, printed));
    if (values.draw) await keepPictures(folder.path);
    keepPages(folder.path);
    return true;
  } finally {
    folder[Symbol.dispose]();
  }
}

/** Pages for a browser stay in `runs`, to be opened. */
function keepPages(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.html')) continue;
    copyFileSync(join(folder, name), join(RUNS, name));
    console.log(`written: ${join(RUNS, name)}`);
  }
}

async function keepPictures(folder: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith('.svg')) copyFileSync(join(folder, name), IMAGES + name);
  const explorer = join(folder, 'explorer.html');
  if (existsSync(explorer) && !(await photograph(explorer, `${IMAGES}explorer.png`)))
    console.warn('explorer.png is not drawn again: that needs Chromium (name one in TORCHLET_BROWSER).');
}
