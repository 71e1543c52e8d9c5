import { checkInteger } from '../checks.js';

/**
 * The sizes of a 2-D convolution over `[batch, inChannels, height, width]`. Only the padding at the top and left is
 * given: what is padded at the bottom and right follows from the output size, so it may be asymmetric.
 */
export interface Conv2dShape {
  batch: number;
  inChannels: number;
  height: number;
  width: number;
  outChannels: number;
  kernelHeight: number;
  kernelWidth: number;
  strideHeight: number;
  strideWidth: number;
  padTop: number;
  padLeft: number;
  dilationHeight: number;
  dilationWidth: number;
  groups: number;
  outHeight: number;
  outWidth: number;
}

/** Some output positions: whole images, or, where one image's columns are too many, some rows of one image. */
export interface Block {
  /** First image. */
  image: number;
  images: number;
  /** First output row. */
  row: number;
  rows: number;
}

/** What decides how the work is cut into blocks; changed only by tests. */
export const limits: {
  blockElements: number;
  minColumns: number;
  minBlocks: number;
  minPositions: number;
  maxBlockElements: number;
  stripElements: number;
  leastBand: number;
  leastWideBand: number;
  mostTurned: number;
} = {
  /** A block's columns and products should stay in the cache between the steps that make and use them. */
  blockElements: 1 << 19,
  /** A product over fewer columns than this is too thin. */
  minColumns: 1024,
  /** There should be so many blocks for threads to share, whatever their number. */
  minBlocks: 16,
  /**
   * An image with so many positions is a block of its own: the matrix product then reads and writes the images' own planes, and
   * nothing has to be scattered or gathered.
   */
  minPositions: 64,
  /** The columns of a single image above this many elements (256 MiB of float32) are made some rows at a time. */
  maxBlockElements: 1 << 26,
  /** Columns of an image above this many elements (1 MiB) are made some rows at a time. */
  stripElements: 1 << 18,
  /** Rows of the column matrix that are worth a product of their own. */
  leastBand: 16,
  /** The same for the gradients of images whose products are not small. */
  leastWideBand: 32,
  /** Multiplications of an image's product up to which turning its gradient first is worth it. */
  mostTurned: 1 << 20,
};

/** Throws a RangeError naming the first field that is not a sensible size. */
export function checkConv2d(op: string, shape: Conv2dShape): void {
  const { batch, inChannels, height, width, outChannels, padTop, padLeft, groups, outHeight, outWidth } = shape;
  const sizes = { batch, inChannels, height, width, outChannels, padTop, padLeft, outHeight, outWidth };
  for (const [name, value] of Object.entries(sizes)) checkInteger(op, name, value, 0);
  const { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = shape;
  const counts = { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, groups };
  for (const [name, value] of Object.entries(counts)) checkInteger(op, name, value, 1);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new RangeError(
      `${op}: ${inChannels} input and ${outChannels} output channels must divide by ${groups} groups`,
    );
  }
}

/** Rows of the column matrix of one group, which is also the row length of the weight matrix. */
export function columnDepth(shape: Conv2dShape): number {
  return (shape.inChannels / shape.groups) * shape.kernelHeight * shape.kernelWidth;
}

/** True for a 1x1 convolution that moves nothing: the image itself is then the column matrix. */
export function isPointwise(s: Conv2dShape): boolean {
  return (
    s.kernelHeight * s.kernelWidth * s.strideHeight * s.strideWidth === 1 &&
    s.padTop === 0 &&
    s.padLeft === 0 &&
    s.outHeight === s.height &&
    s.outWidth === s.width
  );
}

/** True when one image's columns are so many that blocks hold only some of its rows. */
export function needsRowBlocks(shape: Conv2dShape): boolean {
  return columnDepth(shape) * shape.outHeight * shape.outWidth > limits.maxBlockElements;
}

/** Whether a block is one whole image, so that its planes are the rows of the matrix product. */
export const isWholeImage = (shape: Conv2dShape, block: Block): boolean =>
  block.images === 1 && block.rows === shape.outHeight;

/** Cuts the output into blocks whose column matrices have a good size. */
export function blocksOf(shape: Conv2dShape): Block[] {
  const { batch, outHeight, outWidth } = shape;
  const positions = outHeight * outWidth;
  if (positions === 0) return [];
  const depth = Math.max(1, columnDepth(shape));
  const blocks: Block[] = [];
  if (needsRowBlocks(shape)) {
    const rows = Math.max(1, Math.floor(limits.maxBlockElements / (depth * outWidth)));
    for (let image = 0; image < batch; image++) {
      for (let row = 0; row < outHeight; row += rows) {
        blocks.push({ image, images: 1, row, rows: Math.min(rows, outHeight - row) });
      }
    }
    return blocks;
  }
  const outGroup = shape.outChannels / shape.groups;
  const columns = Math.max(
    limits.minColumns,
    Math.min(Math.floor(limits.blockElements / (depth + outGroup)), Math.ceil(batch / limits.minBlocks) * positions),
  );
  const images = positions >= limits.minPositions ? 1 : Math.max(1, Math.floor(columns / positions));
  for (let image = 0; image < batch; image += images) {
    blocks.push({ image, images: Math.min(images, batch - image), row: 0, rows: outHeight });
  }
  return blocks;
}
