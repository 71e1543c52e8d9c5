/**
 * Trains a LeNet here and in PyTorch, with the same seed on the same images, and shows how far the two are apart:
 * `node dist/main.js [--data folder] [--seed 7] [--out runs/twin.svg]`. Without `--data` (MNIST's four files), on digits
 * that are drawn here. PyTorch is that of the Python in `TORCHLET_PYTHON`, or of `python3`; without one, ours alone.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasets, save, type Tensor } from 'torchlet';
import { compare, type Run, shownSteps } from './compare.js';
import { draw } from './picture.js';
import { findPython, runPython } from './python.js';
import { accuracy, train } from './train.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    seed: { type: 'string', default: '7' },
    out: { type: 'string', default: 'runs/twin.svg' },
    images: { type: 'string', default: '16000' },
  },
});
const seed = Number(values.seed);

/** Bytes `[N, 28, 28]` as numbers from 0 to 1, `[N, 1, 28, 28]`. */
const scaled = (images: Tensor): Tensor => images.unsqueeze(1).float().div(255);

function load(isTrain: boolean): datasets.ImageDataset {
  if (values.data !== undefined) return new datasets.MNIST(values.data, { train: isTrain });
  return new datasets.GeneratedDigits({ size: Number(values.images) / (isTrain ? 1 : 4), train: isTrain });
}

function runHere(data: datasets.ImageDataset, test: datasets.ImageDataset): Run {
  const [net, losses] = train(scaled(data.data), data.targets, seed);
  return { losses, accuracy: accuracy(net, scaled(test.data), test.targets) };
}

/** In a process of its own, on the same images, which it gets in a file of its own format. */
function runThere(python: string, data: datasets.ImageDataset, test: datasets.ImageDataset): Run & { version: string } {
  const folder = mkdtempSync(join(tmpdir(), 'torchlet-twin-'));
  try {
    const file = join(folder, 'data.pt');
    const tests = { test_images: test.data.unsqueeze(1), test_labels: test.targets };
    save({ images: data.data.unsqueeze(1), labels: data.targets, ...tests }, file);
    return runPython(python, folder, file, seed);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [data, test] = [load(true), load(false)];
console.log(`${values.data ?? 'generated digits'}: ${data.length} images to train on, ${test.length} to test`);
const ours = runHere(data, test);
const python = findPython();
const theirs = python === null ? null : runThere(python, data, test);

if (theirs === null) {
  console.log('no PyTorch to compare with: neither TORCHLET_PYTHON nor python3 is a Python that has it');
  for (const step of shownSteps(ours.losses.length))
    console.log(`step ${step}  loss ${ours.losses[step - 1].toFixed(6)}`);
  console.log(`test accuracy ${ours.accuracy.toFixed(2)} %`);
} else {
  const row = (...cells: string[]): void => console.log(cells.map((cell) => cell.padStart(14)).join(''));
  row('step', 'torchlet', `PyTorch ${theirs.version.split('+')[0]}`, 'difference');
  for (const step of shownSteps(ours.losses.length)) {
    const [a, b] = [ours.losses[step - 1], theirs.losses[step - 1]];
    row(String(step), a.toFixed(7), b.toFixed(7), Math.abs(a - b).toExponential(1));
  }
  row('accuracy', `${ours.accuracy.toFixed(2)} %`, `${theirs.accuracy.toFixed(2)} %`);
  for (const { name, difference, limit, ok } of compare(ours, theirs)) {
    console.log(`${name}: ${difference.toExponential(1)} apart, ${ok ? 'within' : 'MORE THAN'} ${limit}`);
    if (!ok) process.exitCode = 1;
  }
}
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, draw(ours, theirs));
console.log(`drawn: ${values.out}`);
