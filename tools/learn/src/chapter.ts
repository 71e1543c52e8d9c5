/** A chapter of the course as a program: its code blocks in order, and what it says that they print. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const COURSE: string = fileURLToPath(new URL('../../../docs/learn/', import.meta.url));
/** Where the pictures lie that the chapters show. */
export const IMAGES: string = `${COURSE}images/`;

/** Printed after each block, to tell its output from the next one's. */
export const END_OF_BLOCK = '\u001e';

export interface Block {
  /** Of the page, counted from 1; the first line of code. */
  readonly line: number;
  readonly code: string;
  /** What stands in the `text` block right behind it; null where there is none. */
  readonly shown: string | null;
}

export interface Chapter {
  /** `1-derivative`. */
  readonly name: string;
  readonly page: string;
  readonly blocks: readonly Block[];
  /** The page without its blocks, line by line. */
  readonly prose: readonly string[];
  /** All blocks as one module in which every line has its number in the page. */
  readonly program: string;
}

/** The chapters in their order; `numbers` picks some of them. */
export function readCourse(numbers: readonly string[] = []): Chapter[] {
  const names = readdirSync(COURSE).filter((name) => /^\d.*[.]md$/.test(name));
  return names
    .filter((name) => numbers.length === 0 || numbers.includes(name.split('-')[0]))
    .sort()
    .map((name) => parseChapter(name.slice(0, -'.md'.length), readFileSync(COURSE + name, 'utf8')));
}

interface Fence {
  readonly language: string;
  /** The lines of the opening and of the closing fence, counted from 0. */
  readonly open: number;
  readonly close: number;
}

/** Blocks in other ways to write them, and in lists or quotations: they would not be run. */
const OTHER_BLOCK = /^(?:[\s>*-]*(?:```|~~~)| {4}|\t|\s*<pre)/;

/** @throws Error for a block that is neither code nor the output of the code before it, or that does not end. */
export function parseChapter(name: string, page: string): Chapter {
  const lines = page.split('\n');
  const fences = fencesOf(name, lines);
  const program = lines.map(() => '');
  const blocks: Block[] = [];
  for (const [i, { language, open, close }] of fences.entries()) {
    if (language === 'text') continue;
    const code = lines.slice(open + 1, close);
    code.forEach((line, j) => {
      program[open + 1 + j] = line;
    });
    program[close] = `;console.log('${END_OF_BLOCK}');`;
    const next = fences[i + 1];
    const shown = next?.language === 'text' ? lines.slice(next.open + 1, next.close).join('\n') : null;
    blocks.push({ line: open + 2, code: code.join('\n'), shown });
  }
  const inside = (i: number): boolean => fences.some(({ open, close }) => open <= i && i <= close);
  const prose = lines.map((line, i) => (inside(i) ? '' : line));
  return { name, page, blocks, prose, program: program.join('\n') };
}

function fencesOf(name: string, lines: readonly string[]): Fence[] {
  const fences: Fence[] = [];
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(.*)$/.exec(lines[i])?.[1];
    const where = `${name}.md:${i + 1}`;
    if (language === undefined) {
      if (OTHER_BLOCK.test(lines[i])) throw new Error(`${where}: a block that does not begin with \`\`\` is not run`);
      continue;
    }
    if (!['ts', 'js', 'text'].includes(language)) throw new Error(`${where}: a block of '${language}' is not run`);
    const last = fences.at(-1);
    const follows = last !== undefined && last.language !== 'text' && isBlank(lines.slice(last.close + 1, i));
    if (language === 'text' && !follows) throw new Error(`${where}: this text is no output of a block before it`);
    const close = lines.indexOf('```', i + 1);
    if (close < 0) throw new Error(`${where}: the block does not end`);
    fences.push({ language, open: i, close });
    i = close;
  }
  return fences;
}

const isBlank = (lines: readonly string[]): boolean => lines.every((line) => line.trim() === '');

/** The page with what the blocks have printed, where it shows output. */
export function filledIn({ page, blocks }: Chapter, printed: readonly string[]): string {
  const lines = page.split('\n');
  // from the end, so that the lines before keep their numbers
  for (const [i, { line, code, shown }] of [...blocks.entries()].reverse()) {
    if (shown === null) continue;
    const open = lines.indexOf('```text', line - 1 + code.split('\n').length);
    lines.splice(open + 1, lines.indexOf('```', open + 1) - open - 1, ...printed[i].split('\n'));
  }
  return lines.join('\n');
}
