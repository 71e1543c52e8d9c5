import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { manual_seed, no_grad } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { GPT, sample, Tokenizer, train } from '../src/gpt.js';
import { text } from '../src/text.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the program from its sources; throws unless it exits with 0. */
async function run(...args: string[]): Promise<string[]> {
  const nodeArgs = ['--conditions=@torchlet/source', '--import', tsx, main, ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, nodeArgs);
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

const tokenizer = new Tokenizer(text);
const config = { V: tokenizer.letters.length, T: 16, C: 16, heads: 2, layers: 1 };

describe('tiny-gpt', () => {
  it('is short', () => {
    const lines = ['gpt.ts', 'main.ts', 'text.ts'].map(
      (file) => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8').split('\n').length - 1,
    );
    expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThan(200);
  });

  it('takes letters for numbers and back', () => {
    const beginning = text.slice(0, 40);
    const tokens = tokenizer.encode(beginning);
    expect(tokens.dtype).toBe('int64');
    expect(tokenizer.decode(tokens.tolist() as number[])).toBe(beginning);
    expect(text.trimEnd().split('\n').at(-1)).toBe('that lay in the house that Jack built.');
  });

  it('looks back, never ahead', () => {
    manual_seed(1);
    const net = new GPT(config);
    const [a, b] = ['This is the cat ', 'This is the dog '].map((line) => tokenizer.encode(line).unsqueeze(0));
    const [x, y] = no_grad(() => [net(a), net(b)]);
    expect(x.shape).toEqual([1, 16, config.V]);
    const difference = x.sub(y).abs().amax([0, 2]).tolist() as number[];
    expect(Math.max(...difference.slice(0, 12))).toBe(0);
    for (const changed of difference.slice(12)) expect(changed).toBeGreaterThan(0);
  });

  it('begins at a guess, learns, and says something in these letters', () => {
    manual_seed(2);
    const net = new GPT(config);
    const losses: number[] = [];
    train(net, tokenizer.encode(text), 60, (_, loss) => losses.push(loss));
    expect(Math.abs(losses[0] - Math.log(config.V))).toBeLessThan(0.5);
    expect(losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10).toBeLessThan(losses[0] - 0.8);
    const said = sample(net, tokenizer, 'This', 40);
    expect(said).toHaveLength(40);
    expect(said.startsWith('This')).toBe(true);
  });

  it('checks itself', async () => {
    const lines = await run();
    expect(lines.filter((line) => line.startsWith('step '))).toHaveLength(10);
    expect(lines.join('\n')).toContain('\nThis is the ');
    expect(lines.at(-1)).toMatch(/^loss [12]\.\d{3}$/);
  }, 60_000);
});
