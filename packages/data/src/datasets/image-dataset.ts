import { DataError, ShapeError, Tensor, tensor, ValueError } from '@torchlet/tensor';
import { show } from '../arguments.js';
import type { Collated } from '../collate.js';
import { Dataset } from '../dataset.js';
import { checkIndex } from '../sized.js';
import { HostCopy } from './host-copy.js';

/** What is done to an item on its way out. */
export interface ImageTransforms<Image, Target> {
  /** From the image, float32 `[1, H, W]` in 0…1, to what the item holds instead. */
  transform?: ((image: Tensor) => Image) | null;
  /** From the label to what the item holds instead. */
  target_transform?: ((target: number) => Target) | null;
}

/**
 * Gray images of one size with a class label each. An item is `[image, label]`: float32 `[1, H, W]` in 0…1 and an
 * integer; a batch is `[images, labels]`: float32 `[N, 1, H, W]` and int64 `[N]`.
 */
export class ImageDataset<Image = Tensor, Target = number> extends Dataset<[Image, Target]> {
  readonly classes: readonly string[];
  readonly transform: ((image: Tensor) => Image) | null;
  readonly target_transform: ((target: number) => Target) | null;
  private readonly pixels: HostCopy;
  private readonly labels: HostCopy;

  constructor(
    images: { shape: number[]; data: Uint8Array },
    labels: ArrayLike<number>,
    classes: readonly string[],
    transforms: ImageTransforms<Image, Target>,
  ) {
    super();
    this.classes = classes;
    this.transform = checkTransform('transform', transforms.transform ?? null);
    this.target_transform = checkTransform('target_transform', transforms.target_transform ?? null);
    this.pixels = new HostCopy(images.data, images.shape, (bytes) => tensor(Uint8Array.from(bytes)).view(images.shape));
    this.labels = new HostCopy(labels, [labels.length], (list) => tensor(Array.from(list), { dtype: 'int64' }));
  }

  /** The images as they are stored: uint8 `[N, H, W]`. It may be changed, or set to other images. */
  get data(): Tensor {
    return this.pixels.tensor;
  }

  set data(images: Tensor) {
    checkStored('data', images, 'uint8', 3);
    this.pixels.tensor = images;
  }

  /** The labels: int64 `[N]`. They may be changed, or set to other labels. */
  get targets(): Tensor {
    return this.labels.tensor;
  }

  set targets(labels: Tensor) {
    checkStored('targets', labels, 'int64', 1);
    this.labels.tensor = labels;
  }

  /** From the name of a class to its label. */
  get class_to_idx(): Record<string, number> {
    return Object.fromEntries(this.classes.map((name, i) => [name, i]));
  }

  override __len__(): number {
    return this.pixels.shape[0];
  }

  __getitem__(index: number): [Image, Target] {
    const at = checkIndex(index, this.length, this.constructor.name);
    const [, height, width] = this.pixels.shape;
    const image = tensor(this.gather([at])).view(1, height, width);
    const [label] = this.labelsAt([at]);
    // Without a transform, Image and Target have their defaults.
    return [
      this.transform === null ? (image as Image) : this.transform(image),
      this.target_transform === null ? (label as Target) : this.target_transform(label),
    ];
  }

  /** Images and labels gathered in one go; null where a transform or a subclass changes the items. */
  getBatch(indices: readonly number[]): Collated<[Image, Target]> | null {
    const isOwn = this.__getitem__ === ImageDataset.prototype.__getitem__;
    if (!isOwn || this.transform !== null || this.target_transform !== null) return null;
    const at = indices.map((index) => checkIndex(index, this.length, this.constructor.name));
    const [, height, width] = this.pixels.shape;
    const images = tensor(this.gather(at)).view(at.length, 1, height, width);
    const targets = tensor(this.labelsAt(at), { dtype: 'int64' });
    return [images, targets] as Collated<[Image, Target]>;
  }

  private labelsAt(indices: readonly number[]): number[] {
    const { values } = this.labels;
    if (values.length !== this.length) {
      throw new DataError(`expected a target for each of ${this.length} images, but there are ${values.length}`);
    }
    return indices.map((index) => values[index]);
  }

  /** The pixels of some images, one after the other: byte / 255 in float32, as torchvision's `ToTensor` makes it. */
  private gather(indices: readonly number[]): Float32Array {
    const { values, shape } = this.pixels;
    const size = shape[1] * shape[2];
    const out = new Float32Array(indices.length * size);
    let to = 0;
    for (const index of indices) {
      const from = index * size;
      for (let i = 0; i < size; i++) out[to++] = values[from + i] / 255;
    }
    return out;
  }
}

function checkTransform<F>(name: string, transform: F): F {
  if (transform === null || typeof transform === 'function') return transform;
  throw new ValueError(`${name} should be a function or null, but got ${name}=${show(transform)}`);
}

function checkStored(name: string, value: unknown, dtype: string, dimensions: number): void {
  if (!(value instanceof Tensor)) throw new ValueError(`${name} should be a tensor, but got ${show(value)}`);
  if (value.dtype !== dtype || value.dim() !== dimensions) {
    throw new ShapeError(
      `${name} should be ${dtype} with ${dimensions} dimensions, but got ${value.dtype} of shape [${value.shape.join(', ')}]`,
    );
  }
}
