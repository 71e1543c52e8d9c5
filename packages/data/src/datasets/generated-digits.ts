import { Generator, type Tensor, ValueError } from '@torchlet/tensor';
import { checkOptions, show } from '../arguments.js';
import { drawDigit, IMAGE_SIZE } from '../digits/draw-digit.js';
import { DIGIT_CLASSES } from './digit-classes.js';
import { ImageDataset, type ImageTransforms } from './image-dataset.js';

/** Options of {@link GeneratedDigits}. */
export interface GeneratedDigitsOptions<Image = Tensor, Target = number> extends ImageTransforms<Image, Target> {
  /** Number of images; 12,000 by default, 2,000 if `train` is false. */
  size?: number;
  /** Training images (default), or test images: no image of the one is in the other. */
  train?: boolean;
  /** A safe integer; the same seed gives the same images. Default 0. */
  seed?: number;
}

const DEFAULT_SIZE = { train: 12_000, test: 2_000 };

/**
 * Digits drawn as if by hand, in the form of {@link MNIST}: for a machine without any data set. Image i depends only on
 * `seed`, `train` and i, whatever the size.
 *
 * Items are `[image, label]`: float32 `[1, 28, 28]` in 0…1 and an integer 0…9.
 */
export class GeneratedDigits<Image = Tensor, Target = number> extends ImageDataset<Image, Target> {
  readonly train: boolean;
  readonly seed: number;

  /** @throws {ValueError} for options that are unknown or out of range */
  constructor(options: GeneratedDigitsOptions<Image, Target> = {}) {
    checkArguments(options);
    const { train = true, seed = 0 } = options;
    const { size = train ? DEFAULT_SIZE.train : DEFAULT_SIZE.test } = options;
    const { pixels, labels } = draw(size, train, seed);
    super({ shape: [size, IMAGE_SIZE, IMAGE_SIZE], data: pixels }, labels, DIGIT_CLASSES, options);
    this.train = train;
    this.seed = seed;
  }
}

function checkArguments(options: GeneratedDigitsOptions<unknown, unknown>): void {
  checkOptions('GeneratedDigits', options, ['size', 'train', 'seed', 'transform', 'target_transform']);
  const { size = 1, train = true, seed = 0 } = options;
  if (typeof train !== 'boolean') {
    throw new ValueError(`GeneratedDigits: train should be a boolean value, but got train=${show(train)}`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new ValueError(`GeneratedDigits: seed should be a safe integer, but got seed=${show(seed)}`);
  }
  if (typeof size !== 'number' || !Number.isInteger(size) || size <= 0 || size > MAX_SIZE) {
    throw new ValueError(
      `GeneratedDigits: size should be an integer from 1 to ${MAX_SIZE}, but got size=${show(size)}`,
    );
  }
}

/** So that the pixels fit into one typed array. */
const MAX_SIZE = 1_000_000;

function draw(size: number, train: boolean, seed: number): { pixels: Uint8Array; labels: Uint8Array } {
  const pixels = new Uint8Array(size * IMAGE_SIZE * IMAGE_SIZE);
  const labels = new Uint8Array(size);
  const generator = new Generator();
  const { engine } = generator;
  const uniform = (): number => engine.nextUint32() / 2 ** 32;
  const key = seedKey(seed);
  for (let i = 0; i < size; i++) {
    // Each image has a stream of its own. Training images have even numbers and test images odd ones, and `scramble`
    // maps different numbers to different seeds, so that no two images of one `seed` share a stream.
    generator.manual_seed(scramble((2 * i + (train ? 0 : 1)) ^ key));
    labels[i] = Math.floor(uniform() * DIGIT_CLASSES.length);
    drawDigit(labels[i], uniform, pixels, i * IMAGE_SIZE * IMAGE_SIZE);
  }
  return { pixels, labels };
}

/** 32 bits from the 53 of a seed. */
const seedKey = (seed: number): number => scramble((seed | 0) ^ scramble(Math.floor(seed / 2 ** 32) | 0));

/** A one-to-one mixing of 32-bit integers: the finalizer of MurmurHash3 (Appleby, public domain), off zero. */
function scramble(value: number): number {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
