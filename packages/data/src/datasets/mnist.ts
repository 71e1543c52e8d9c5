import { DataError, type Tensor, ValueError } from '@torchlet/tensor';
import { platform } from '#platform';
import { checkOptions, show } from '../arguments.js';
import { parseIdx } from '../idx.js';
import { DIGIT_CLASSES } from './digit-classes.js';
import { ImageDataset, type ImageTransforms } from './image-dataset.js';

/** Options of {@link MNIST}. */
export interface MNISTOptions<Image = Tensor, Target = number> extends ImageTransforms<Image, Target> {
  /** The 60,000 training images (default), or the 10,000 test images. */
  train?: boolean;
  /** Only false: the files are not fetched. */
  download?: boolean;
}

/** Side of an image, in pixels. */
const SIDE = 28;

/**
 * Handwritten digits from the four files of the MNIST database (or any data set in its format, such as
 * Fashion-MNIST), each plain or gzipped, in `root` or where torchvision puts them, in `root/MNIST/raw`.
 *
 * Items are `[image, label]`: float32 `[1, 28, 28]` in 0…1 and an integer 0…9.
 *
 * @throws {DataError} for files that are missing, damaged, or do not belong together
 * @see https://pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html
 */
export class MNIST<Image = Tensor, Target = number> extends ImageDataset<Image, Target> {
  readonly root: string;
  readonly train: boolean;

  constructor(root: string, options: MNISTOptions<Image, Target> = {}) {
    checkArguments(root, options);
    const { train = true } = options;
    const prefix = train ? 'train' : 't10k';
    const images = readImages(findFile(root, `${prefix}-images`, 'idx3-ubyte'));
    const labelFile = findFile(root, `${prefix}-labels`, 'idx1-ubyte');
    const labels = readLabels(labelFile);
    if (images.shape[0] !== labels.length) {
      throw new DataError(
        `${labelFile}: expected a label for each of ${images.shape[0]} images, but got ${labels.length}`,
      );
    }
    super(images, labels, DIGIT_CLASSES, options);
    this.root = root;
    this.train = train;
  }
}

function checkArguments(root: unknown, options: MNISTOptions<unknown, unknown>): void {
  if (typeof root !== 'string') throw new ValueError(`MNIST: root should be a path, but got root=${show(root)}`);
  checkOptions('MNIST', options, ['train', 'transform', 'target_transform', 'download']);
  const { train = true, download = false } = options;
  if (typeof train !== 'boolean')
    throw new ValueError(`MNIST: train should be a boolean value, but got train=${show(train)}`);
  if (download !== false) {
    throw new ValueError(
      `MNIST: download=${show(download)} is not supported: put the four files into ${root} yourself`,
    );
  }
}

/** The path of `stem-format` or `stem.format`, plain or with `.gz`, in one of the two folders. */
function findFile(root: string, stem: string, format: string): string {
  const folders = [root, platform.join(root, 'MNIST', 'raw')];
  const names = [`${stem}-${format}`, `${stem}.${format}`].flatMap((name) => [name, `${name}.gz`]);
  for (const folder of folders) {
    for (const name of names) {
      const path = platform.join(folder, name);
      if (platform.isFile(path)) return path;
    }
  }
  throw new DataError(`Dataset not found: MNIST expected one of ${names.join(', ')} in ${folders.join(' or ')}`);
}

function readImages(path: string): { shape: number[]; data: Uint8Array } {
  const { shape, data } = parseIdx(readUnpacked(path), path);
  if (!(data instanceof Uint8Array) || shape.length !== 3 || shape[1] !== SIDE || shape[2] !== SIDE) {
    throw new DataError(
      `${path}: expected images, uint8 of shape [N, ${SIDE}, ${SIDE}], but got ${typeName(data)} of shape [${shape.join(', ')}]`,
    );
  }
  return { shape, data };
}

function readLabels(path: string): Uint8Array {
  const { shape, data } = parseIdx(readUnpacked(path), path);
  if (!(data instanceof Uint8Array) || shape.length !== 1) {
    throw new DataError(
      `${path}: expected labels, uint8 of shape [N], but got ${typeName(data)} of shape [${shape.join(', ')}]`,
    );
  }
  const at = data.findIndex((label) => label >= DIGIT_CLASSES.length);
  if (at >= 0) throw new DataError(`${path}: label ${at} is ${data[at]}, expected 0 to ${DIGIT_CLASSES.length - 1}`);
  return data;
}

/** 'Float32Array' → 'float32'. */
const typeName = (array: ArrayBufferView): string => array.constructor.name.replace('Array', '').toLowerCase();

/** The bytes of a file, unpacked if they are gzip's, whatever its name says. */
function readUnpacked(path: string): Uint8Array {
  const bytes = platform.readFile(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return platform.gunzip(bytes);
  } catch (error) {
    throw new DataError(`${path}: damaged gzip data: ${error instanceof Error ? error.message : String(error)}`);
  }
}
