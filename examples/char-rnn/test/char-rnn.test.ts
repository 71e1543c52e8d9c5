import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { manual_seed, nn, tensor } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { Alphabet, CharRNN, recite, stretches, train } from '../src/char-rnn.js';
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

describe('char-rnn', () => {
  it('learns from every stretch of letters and the one after each', () => {
    const [x, y] = stretches(tensor([0, 1, 2, 3, 4], { dtype: 'int64' }), 3);
    expect(x.tolist()).toEqual([
      [0, 1, 2],
      [1, 2, 3],
    ]);
    expect(y.tolist()).toEqual([
      [1, 2, 3],
      [2, 3, 4],
    ]);
  });

  it('remembers in steps what it sees at once', () => {
    manual_seed(1);
    const net = new CharRNN(7, 16);
    const tokens = tensor([[1, 5, 2, 6]], { dtype: 'int64' });
    const whole = net(tokens);
    expect(whole.shape).toEqual([1, 4, 7]);
    const [, memory] = net.step(tokens.narrow(1, 0, 3));
    const [last] = net.step(tokens.narrow(1, 3, 1), memory);
    expect(last.select(1, -1).sub(whole.select(1, -1)).abs().max().item()).toBeLessThan(1e-6);
  });

  it('begins at a guess and ends with the words', () => {
    manual_seed(2);
    const words = 'snicker-snack! He left it dead, and with its head';
    const alphabet = new Alphabet(words);
    const net = new CharRNN(alphabet.letters.length, 48);
    const losses: number[] = [];
    train(net, alphabet.encode(words), 60, (_, loss) => losses.push(loss));
    expect(losses[0]).toBeCloseTo(Math.log(alphabet.letters.length), 0);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(recite(net, alphabet, 'snic', words.length)).toBe(words);
    expect(net).toBeInstanceOf(nn.Module);
  });

  it('checks itself', async () => {
    const lines = await run();
    expect(lines.slice(-4)).toEqual([...text.split('\n').slice(0, 2), '', '69 letters by heart']);
  }, 60_000);
});
