import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { load, optim, type Tensor } from 'torchlet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LeNet } from '../src/model.js';
import { OPTIMIZERS } from '../src/optimizers.js';
import { makeFolder, type Outcome, type Running, removeFolder, runMain, start, writeDigits } from './support.js';

const minute = 60_000;

/** Two folders of MNIST files: one that is learned in a moment, one that lasts. */
let shared = '';
let tiny = '';
let long = '';
beforeAll(() => {
  shared = makeFolder();
  tiny = writeDigits(join(shared, 'tiny'), { train: 64, test: 30 });
  long = writeDigits(join(shared, 'long'), { train: 3000, test: 30 });
});
afterAll(() => removeFolder(shared));

let cwd = '';
beforeEach(() => {
  cwd = makeFolder();
});
afterEach(() => removeFolder(cwd));

const FILES = ['curves.svg', 'metrics.json', 'net_params.pt'];

const lines = (text: string): string[] => text.trimEnd().split('\n');

interface Checkpoint {
  model: Record<string, Tensor>;
  optimizer: Parameters<optim.SGD['load_state_dict']>[0];
  scheduler: Record<string, unknown>;
  epoch: number;
  step: number;
  seed: number;
  args: Record<string, unknown>;
}

describe('a run', () => {
  it(
    'prints each epoch and ends with the accuracy',
    async () => {
      const args = [
        '--data',
        tiny,
        '--epochs',
        '2',
        '--batch-size',
        '16',
        '--lr',
        '0.02',
        '--seed',
        '3',
        '--out',
        'here',
      ];
      const { code, stdout, stderr } = await runMain(cwd, ...args);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const epoch = (n: number): RegExp =>
        new RegExp(
          `^epoch ${n}/2 {2}loss \\d\\.\\d{4} {2}accuracy \\d+\\.\\d\\d % {2}` +
            'test loss \\d\\.\\d{4} {2}test accuracy \\d+\\.\\d\\d % {2}\\d+\\.\\d s$',
        );
      expect(lines(stdout)).toEqual([
        `${tiny}: 64 images to train on, 30 to test`,
        expect.stringMatching(epoch(1)),
        expect.stringMatching(epoch(2)),
        'what each digit (row) was taken for (column)',
        expect.stringMatching(/^digit( +\d){10} +right$/),
        ...Array.from({ length: 10 }, (_, digit) =>
          expect.stringMatching(new RegExp(`^ +${digit}( +(\\.|\\d+)){10} +(-|\\d+\\.\\d %)$`)),
        ),
        `curves drawn: ${join('here', 'curves.svg')}`,
        `checkpoint saved: ${join('here', 'net_params.pt')}`,
        expect.stringMatching(/^test accuracy \d{1,3}\.\d\d %$/),
      ]);
      // No colours, no cursor movements: this is no terminal.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);

      expect(readdirSync(join(cwd, 'here')).sort()).toEqual(FILES);
      const metrics = JSON.parse(readFileSync(join(cwd, 'here', 'metrics.json'), 'utf8'));
      expect(metrics).toMatchObject({
        status: 'finished',
        args: {
          data: tiny,
          epochs: 2,
          batch_size: 16,
          lr: 0.02,
          optimizer: 'SGD',
          seed: 3,
          out: 'here',
          momentum: 0.9,
        },
        data: { name: tiny, train_images: 64, test_images: 30 },
        steps: 8,
        epochs: [{ epoch: 1 }, { epoch: 2 }],
        versions: { node: process.versions.node },
      });
      const matrix: number[][] = metrics.confusion_matrix;
      expect(matrix.map((row) => row.length)).toEqual(Array(10).fill(10));
      expect(matrix.flat().reduce((sum, count) => sum + count, 0)).toBe(30);
      const right = matrix.reduce((sum, row, digit) => sum + row[digit], 0);
      expect(metrics.epochs[1].test_accuracy).toBe(right / 30);
      const accuracy = `${(100 * metrics.epochs[1].test_accuracy).toFixed(2)} %`;
      expect(lines(stdout).at(-1)).toBe(`test accuracy ${accuracy}`);
      expect(metrics.epochs[1].train_loss.toFixed(4)).toBe(/loss (\S+)/.exec(lines(stdout)[2])?.[1]);
    },
    minute,
  );

  it(
    'leaves a checkpoint to go on from',
    async () => {
      await runMain(cwd, '--data', tiny, '--epochs', '1', '--seed', '5', '--out', cwd);
      const saved = load<Checkpoint>(join(cwd, 'net_params.pt'));
      expect(saved).toMatchObject({ epoch: 1, step: 1, seed: 5, args: { data: tiny, batch_size: 64, lr: 0.05 } });
      const net = new LeNet();
      net.load_state_dict(saved.model);
      const optimizer = new optim.SGD(net.parameters(), { lr: 1 });
      optimizer.load_state_dict(saved.optimizer);
      expect(optimizer.param_groups[0]).toMatchObject({ lr: expect.closeTo(0.02), momentum: 0.9 });
      const scheduler = new optim.lr_scheduler.StepLR(optimizer, { step_size: 5 });
      scheduler.load_state_dict(saved.scheduler);
      expect(scheduler.state_dict()).toMatchObject({ last_epoch: 1, step_size: 1, gamma: 0.4 });
    },
    minute,
  );

  it(
    'is the same again for the same seed, in a folder of its own',
    async () => {
      const args = ['--data', tiny, '--epochs', '1', '--batch-size', '16'];
      const accuracies = [await runMain(cwd, ...args), await runMain(cwd, ...args)].map(({ stdout }) =>
        lines(stdout)[1].replace(/\S+ s$/, ''),
      );
      expect(accuracies[1]).toBe(accuracies[0]);
      expect(readdirSync(join(cwd, 'runs'))).toHaveLength(2);
    },
    minute,
  );

  it(
    'says what it can do',
    async () => {
      const { code, stdout, stderr } = await runMain(cwd, '--help');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: npm start -- \[options\]\n/);
      expect(readdirSync(cwd)).toEqual([]);
    },
    minute,
  );
});

describe('a run that cannot be', () => {
  /** One line, no stack trace, and nothing written. */
  function expectError(outcome: Outcome, message: string | RegExp): void {
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^error: [^\n]+\n$/);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stdout).toBe('');
  }

  it(
    'for a bad option',
    async () => {
      const { code, stdout, stderr } = await runMain(cwd, '--epochs', 'many');
      expect([code, stdout]).toEqual([2, '']);
      expect(lines(stderr)[0]).toMatch(/^error: option '--epochs <n>' argument 'many' is invalid[.]/);
      expect(readdirSync(cwd)).toEqual([]);
    },
    minute,
  );

  it(
    'for an optimizer that there is not',
    async () => {
      const { code, stdout, stderr } = await runMain(cwd, '--optimizer', 'Sophia');
      expect([code, stdout]).toEqual([2, '']);
      expect(lines(stderr)[0]).toBe(
        `error: option '--optimizer <name>' argument 'Sophia' is invalid. Expected one of ${OPTIMIZERS.join(', ')}.`,
      );
    },
    minute,
  );

  it(
    'for a run to resume that is not there, or another one',
    async () => {
      expectError(await runMain(cwd, '--resume'), `there is no run to go on with: no ${join('runs', '*')}`);
      expectError(await runMain(cwd, '--resume', 'gone.pt'), 'gone.pt');
      await runMain(cwd, '--data', tiny, '--epochs', '1', '--out', 'run');
      const before = readFileSync(join(cwd, 'run', 'metrics.json'), 'utf8');
      const again = ['--resume', join('run', 'net_params.pt')];
      expectError(await runMain(cwd, ...again, '--seed', '4'), /--seed 4 contradicts run.net_params.pt, which has 0/);
      expectError(await runMain(cwd, ...again), 'all 1 epochs are done, nothing to go on with; --epochs 2 adds one');
      expect(readFileSync(join(cwd, 'run', 'metrics.json'), 'utf8')).toBe(before);
    },
    minute,
  );

  it(
    'for data that is not there',
    async () => {
      expectError(await runMain(cwd, '--data', 'nowhere'), /Dataset not found: .*train-images-idx3-ubyte.* in nowhere/);
      expect(readdirSync(cwd)).toEqual([]);
    },
    minute,
  );

  it.each<[string, (folder: string) => void, RegExp]>([
    ['truncated', (folder) => truncateSync(join(folder, 't10k-images-idx3-ubyte'), 1000), /t10k-images-idx3-ubyte/],
    ['too long', (folder) => appendFileSync(join(folder, 'train-labels-idx1-ubyte'), 'x'), /train-labels-idx1-ubyte/],
    ['no data set', (folder) => writeFileSync(join(folder, 'train-images-idx3-ubyte'), 'PNG'), /train-images-idx3/],
    [
      'not gzip',
      (folder) => writeFileSync(join(folder, 'train-images-idx3-ubyte'), '\x1f\x8bnonsense', 'latin1'),
      /gzip/,
    ],
  ])(
    'for data that is %s',
    async (_, damage, message) => {
      const folder = writeDigits(join(cwd, 'data'), { train: 20, test: 10 });
      damage(folder);
      expectError(await runMain(cwd, '--data', folder), message);
      expect(readdirSync(cwd)).toEqual(['data']);
    },
    minute,
  );

  it(
    'for data without a single image',
    async () => {
      const folder = writeDigits(join(cwd, 'data'), { train: 20, test: 10 });
      writeFileSync(
        join(folder, 't10k-images-idx3-ubyte'),
        Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28),
      );
      writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0));
      expectError(await runMain(cwd, '--data', folder), 'expected images, but there are 20 to train on, 0 to test');
    },
    minute,
  );

  it(
    'for a file where the run folder should be',
    async () => {
      writeFileSync(join(cwd, 'taken'), 'mine');
      expectError(
        await runMain(cwd, '--data', tiny, '--out', 'taken'),
        'cannot write to taken: there is a file of that name',
      );
      expect(readFileSync(join(cwd, 'taken'), 'utf8')).toBe('mine');
      expect(readdirSync(cwd)).toEqual(['taken']);
    },
    minute,
  );

  it(
    'for a learning rate that breaks it, with no checkpoint of that',
    async () => {
      const { code, stdout, stderr } = await runMain(
        cwd,
        '--data',
        tiny,
        '--batch-size',
        '8',
        '--lr',
        '1e30',
        '--out',
        'x',
      );
      expect([code, lines(stdout)]).toEqual([1, [`${tiny}: 64 images to train on, 30 to test`]]);
      expect(stderr).toMatch(/^error: the loss is \S+ at step \d: training diverged, try a smaller --lr\n$/);
      expect(readdirSync(join(cwd, 'x'))).toEqual(['metrics.json']);
      expect(JSON.parse(readFileSync(join(cwd, 'x', 'metrics.json'), 'utf8'))).toMatchObject({ status: 'failed' });
    },
    minute,
  );
});

// Windows has no signals to send.
describe.skipIf(process.platform === 'win32')('a signal', () => {
  /** Starts a run of many epochs and waits until it has begun to train. */
  async function training(...args: string[]): Promise<Running> {
    const running = start(cwd, '--data', long, '--epochs', '1000', '--out', 'run', ...args);
    while (!existsSync(join(cwd, 'run', 'metrics.json'))) await setTimeout(20);
    await setTimeout(300);
    return running;
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s ends it with a checkpoint and exit code %i',
    async (signal, exitCode) => {
      const running = await training();
      running.kill(signal);
      const { code, stdout, stderr } = await running.done;
      expect(stderr).toBe('');
      expect(code).toBe(exitCode);
      const file = join('run', 'net_params.pt');
      expect(lines(stdout).at(-1)).toMatch(
        new RegExp(`^stopped by ${signal} in epoch \\d+; checkpoint saved: ${file}$`),
      );
      expect(readdirSync(join(cwd, 'run')).sort()).toEqual(FILES);

      const saved = load<Checkpoint>(join(cwd, file));
      expect(saved.step).toBeGreaterThan(0);
      new LeNet().load_state_dict(saved.model);
      const metrics = JSON.parse(readFileSync(join(cwd, 'run', 'metrics.json'), 'utf8'));
      expect(metrics).toMatchObject({ status: 'stopped', steps: saved.step });
    },
    minute,
  );

  it('leaves a run that can go on as if nothing had happened', async () => {
    const running = start(cwd, '--data', long, '--epochs', '2', '--optimizer', 'adam', '--out', 'run');
    while (!existsSync(join(cwd, 'run', 'metrics.json'))) await setTimeout(20);
    await setTimeout(300);
    running.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    const { step } = load<Checkpoint>(join(cwd, 'run', 'net_params.pt'));
    const parts = await runMain(cwd, '--resume', 'run');
    expect([parts.code, parts.stderr]).toEqual([0, '']);
    expect(lines(parts.stdout)[1]).toBe(`going on after step ${step}, from ${join('run', 'net_params.pt')}`);
    const whole = await runMain(cwd, '--data', long, '--epochs', '2', '--optimizer', 'adam', '--out', 'whole');
    expect(lines(parts.stdout).at(-1)).toBe(lines(whole.stdout).at(-1));
    const [a, b] = ['run', 'whole'].map((folder) => load<Checkpoint>(join(cwd, folder, 'net_params.pt')));
    for (const [name, value] of Object.entries(a.model)) expect(value.tolist(), name).toEqual(b.model[name].tolist());
    expect(a.step).toBe(b.step);
  }, 60_000);

  it('is what the end of all readers counts as, as in `npm start | head -1`', async () => {
    const running = await training();
    running.leave();
    const { code, stderr } = await running.done;
    expect([code, stderr]).toEqual([129, '']);
    expect(load<Checkpoint>(join(cwd, 'run', 'net_params.pt')).step).toBeGreaterThan(0);
  }, 60_000);
});
