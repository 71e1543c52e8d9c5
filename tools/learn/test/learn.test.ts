/** The course in docs/learn: every block of every chapter runs, and prints what the page says. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Chapter, COURSE, filledIn, IMAGES, parseChapter, readCourse } from '../src/chapter.js';
import { makeFolder, runChapter } from '../src/run.js';
import { numbersOf } from './numbers.js';
import { expectSamePicture } from './same-picture.js';

const course = readCourse();
const folders = course.map(() => makeFolder());
afterAll(() => {
  for (const folder of folders) folder[Symbol.dispose]();
});

/** The numbers of the prose that neither stand in the code nor are printed by it; those of chapters do not count. */
function unknownNumbers({ blocks, prose }: Chapter): { line: number; x: number }[] {
  const known = new Set(blocks.flatMap(({ code, shown }) => numbersOf(`${code}\n${shown ?? ''}`)));
  return prose.flatMap((text, i) =>
    numbersOf(text.replaceAll(/\]\([^)]*\)/g, ']').replaceAll(/chapter \d/g, ''))
      .filter((x) => !known.has(x))
      .map((x) => ({ line: i + 1, x })),
  );
}

const picturesOf = ({ page }: Chapter): string[] =>
  [...page.matchAll(/!\[[^\]]+\]\(images\/([^)]+)\)/g)].map(([, name]) => name);

it('has eight chapters, in the order of its index', () => {
  const index = readFileSync(`${COURSE}README.md`, 'utf8');
  const links = [...index.matchAll(/\]\((\d[^)]*)[.]md\)/g)].map(([, name]) => name);
  expect(links).toEqual(course.map(({ name }) => name));
  expect(course.map(({ name }) => name[0]).join('')).toBe('12345678');
});

it('shows every picture that there is', () => {
  expect(course.flatMap(picturesOf).sort()).toEqual(readdirSync(IMAGES).sort());
});

describe.each(course.map((chapter, i) => ({ ...chapter, i })))('$name', ({ i, ...chapter }) => {
  const { name, page, blocks } = chapter;
  const folder = folders[i].path;

  it('runs, and prints what it says', { timeout: 180_000 }, () => {
    const { printed, errors, ok } = runChapter(chapter, folder);
    expect(errors).toBe('');
    expect(ok).toBe(true);
    const actual = blocks.map(({ line }, j) => `${name}.md:${line}\n${printed[j]}`);
    expect(actual).toEqual(blocks.map(({ line, shown }) => `${name}.md:${line}\n${shown ?? ''}`));
  });

  it('prints, draws or asserts something in each block, all of which is compared', () => {
    const idle = blocks.filter(({ code, shown }) => shown === null && !/\bassert(?:[.]\w+)?\(|[.]svg'/.test(code));
    expect(idle).toEqual([]);
  });

  it('says no number in its text that is neither in its code nor printed by it', () => {
    const large = unknownNumbers(chapter).filter(({ x }) => !Number.isInteger(x) || x >= 10);
    expect(large).toEqual([]);
  });

  it('ends with two exercises, each with a solution that is checked', () => {
    const [, exercises] = page.split('\n## Exercises\n');
    const parts = exercises.split(/^### Exercise \d/m).slice(1);
    expect(parts.length).toBe(2);
    for (const part of parts) {
      const solution = /<details>\n<summary>Solution<\/summary>\n([\s\S]*)<\/details>/.exec(part)?.[1] ?? '';
      expect(solution).toMatch(/```ts\n[\s\S]*\bassert(?:[.]\w+)?\([\s\S]*```/);
      // every number, however small, is in the solution's own code
      expect(unknownNumbers(parseChapter(name, part))).toEqual([]);
    }
  });

  it('links to what exists', () => {
    const targets = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !target.startsWith('https://') && !existsSync(COURSE + target))).toEqual([]);
  });

  it('has the pictures that it draws', () => {
    for (const picture of picturesOf(chapter).filter((file) => file.endsWith('.svg')))
      expectSamePicture(readFileSync(IMAGES + picture, 'utf8'), readFileSync(join(folder, picture), 'utf8'), picture);
    const drawn = readdirSync(folder).filter((file) => file.endsWith('.svg'));
    expect(drawn.filter((file) => !picturesOf(chapter).includes(file))).toEqual([]);
  });
});

it('has code whose types are right', { timeout: 180_000 }, () => {
  using folder = makeFolder();
  for (const { name, program } of course) writeFileSync(join(folder.path, `${name}.ts`), program);
  const options = { extends: '../../../../tsconfig.json', include: ['*.ts'], exclude: [] };
  writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify(options));
  const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder.path], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

describe('reading a page', () => {
  const page = (...lines: string[]): Chapter => parseChapter('page', lines.join('\n'));

  it('puts each line of code where it stands, and its output beside it', () => {
    const { blocks, program, prose } = page('# A', '```ts', 'f();', '```', '', '```text', 'one', 'two', '```', 'end');
    expect(blocks).toEqual([{ line: 3, code: 'f();', shown: 'one\ntwo' }]);
    expect(program.split('\n').slice(0, 4)).toEqual(['', '', 'f();', ";console.log('\u001e');"]);
    expect(prose.filter((line) => line !== '')).toEqual(['# A', 'end']);
  });

  it('puts output where the page shows it', () => {
    const chapter = page('```ts', 'f();', '```', '```text', '```', '```ts', 'g();', '```', '```text', 'old', '```');
    const expected = [
      '```ts',
      'f();',
      '```',
      '```text',
      '1',
      '2',
      '```',
      '```ts',
      'g();',
      '```',
      '```text',
      '3',
      '```',
    ];
    expect(filledIn(chapter, ['1\n2', '3'])).toBe(expected.join('\n'));
  });

  it('refuses what would not be run', () => {
    expect(() => page('```python', '```')).toThrow("page.md:1: a block of 'python' is not run");
    expect(() => page('```ts', '```', 'so', '```text', '```')).toThrow('page.md:4: this text is no output of a block');
    expect(() => page('```ts')).toThrow('page.md:1: the block does not end');
    for (const other of ['  ```ts', '> ```ts', '- ```ts', '~~~ts', '    f();', '\tf();', '<pre>'])
      expect(() => page('# A', '', other)).toThrow('page.md:3: a block that does not begin with ``` is not run');
  });
});

describe('the command', { timeout: 180_000 }, () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--conditions=@torchlet/source', main, ...args], {
      encoding: 'utf8',
    });

  it('runs a chapter and prints what its blocks print', () => {
    const { stdout, stderr, status } = run('1');
    expect([stderr, status]).toEqual(['', 0]);
    for (const { line, shown } of course[0].blocks)
      if (shown !== null) expect(stdout).toContain(`1-derivative.md:${line}\n${shown}\n`);
  });

  it('says when there is no such chapter', () => {
    expect(run('9')).toMatchObject({ status: 1, stderr: 'error: there is no such chapter\n' });
  });
});

it('a wrong number in a page is found', () => {
  const wrong = parseChapter('wrong', '```ts\nconsole.log(1 + 1);\n```\n```text\n3\n```');
  using folder = makeFolder();
  const { printed, ok } = runChapter(wrong, folder.path);
  expect([ok, printed, wrong.blocks[0].shown]).toEqual([true, ['2'], '3']);
  const late = parseChapter('late', "```ts\nsetTimeout(() => console.log('late'));\n```\n```ts\n```");
  expect(runChapter(late, folder.path)).toMatchObject({ ok: true, printed: ['', 'late'] });
  const failing = parseChapter('failing', "\n```ts\nthrow new Error('no');\n```");
  expect(runChapter(failing, folder.path)).toMatchObject({
    ok: false,
    errors: expect.stringContaining('failing.ts:3'),
  });
  expect(existsSync(join(folder.path, 'failing.ts'))).toBe(true);
});
