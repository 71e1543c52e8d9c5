/** How a convolution is cut into the blocks of a task. */
import type { Argument, Task, Varying } from '../parallel/pool.js';
import { blocksOf, type Conv2dShape, columnDepth, isPointwise, limits } from './shape.js';

/**
 * Parts of the batch whose gradients of the weights are found apart and then added up, whatever the number of threads, and the
 * elements of all their gradients at most.
 */
export const PARTS: number = 16;
export const MOST_PARTIAL: number = 1 << 22;

/** What the blocks of a task and the turns within them stand for; where images are cut into strips, these are the turns instead. */
export type Order = 'images, groups' | 'parts, images' | 'groups, images';

/** Positions for each row or column of weights that make it worth being put into another order. */
const LEAST_USE = 8;
export const mayOrderWeights = (s: Conv2dShape, many: number): boolean =>
  LEAST_USE * many <= s.batch * s.outHeight * s.outWidth;

/** Whether products with a row of the kernel each are worth it for gradients: thin ones are so in small images alone. */
export function mayBandGradients(s: Conv2dShape): boolean {
  const bandDepth = columnDepth(s) / s.kernelHeight;
  const work = bandDepth * (s.outChannels / s.groups) * s.outHeight * s.outWidth;
  return bandDepth >= limits.leastWideBand || work <= limits.mostTurned;
}

/** A convolution cut into blocks of images, and its arguments by block and turn. */
export class Plan {
  readonly positions: number;
  readonly depth: number;
  readonly inGroup: number;
  readonly outGroup: number;
  readonly plane: number;
  readonly image: number;
  readonly outImage: number;
  /** Images of each block but the last. */
  readonly images: number;
  readonly imageBlocks: number;
  /** Rows of each strip of an image but the last, and strips. */
  readonly rows: number;
  readonly strips: number;
  /** Positions of a block of images, or of a strip. */
  readonly columns: number;
  /** An image of a 1×1 convolution is its own column matrix. */
  readonly direct: boolean;
  /**
   * Rows of a kernel in steps of one see the same unfolded rows, each a row further down: columns are unfolded for one of them, and
   * there is a product for each.
   */
  readonly bands: number;
  /** Rows of the column matrix that is unfolded, its columns, and how many of these lie between two bands. */
  readonly bandDepth: number;
  readonly bandColumns: number;
  readonly bandStep: number;
  /** Whether the products that sum over positions are those with turned gradients, for which BLAS has faster kernels where they are small. */
  readonly turned: boolean;
  /** Blocks of images in each part, see {@link PARTS}. */
  readonly perPart: number;
  readonly parts: number;

  /** Whether the bias is one more column of the weights, whose row of the column matrix is 1 everywhere. */
  readonly biased: boolean;
  /** Columns of the weights, of which only the last band has the bias. */
  readonly line: number;

  /**
   * @param mayBand whether {@link bands} are allowed
   * @param hasBias whether a bias is to be added
   */
  constructor(
    readonly shape: Conv2dShape,
    private readonly order: Order,
    mayBand: boolean,
    hasBias = false,
  ) {
    const s = shape;
    const blocks = blocksOf(s);
    this.positions = s.outHeight * s.outWidth;
    this.depth = columnDepth(s);
    this.inGroup = s.inChannels / s.groups;
    this.outGroup = s.outChannels / s.groups;
    this.plane = s.height * s.width;
    this.image = s.inChannels * this.plane;
    this.outImage = s.outChannels * this.positions;
    this.images = blocks[0].images;
    this.imageBlocks = blocks.length;
    this.direct = isPointwise(s) && this.images === 1;
    const bandDepth = this.depth / s.kernelHeight;
    const banded = mayBand && s.kernelHeight > 1 && s.strideHeight === 1 && bandDepth >= limits.leastBand;
    this.bands = banded && this.images === 1 ? s.kernelHeight : 1;
    this.bandDepth = this.depth / this.bands;
    this.biased = hasBias && this.images === 1 && !this.direct && mayOrderWeights(s, this.depth);
    this.line = this.bandDepth + (this.biased ? 1 : 0);
    this.bandStep = s.dilationHeight * s.outWidth;
    this.turned = this.bands > 1 && this.bandDepth * this.outGroup * this.positions <= limits.mostTurned;
    this.rows = this.mayStrip(hasBias) ? this.stripRows() : s.outHeight;
    this.strips = Math.ceil(s.outHeight / this.rows);
    this.columns = this.images * this.rows * s.outWidth;
    this.bandColumns = this.columns + (this.bands - 1) * this.bandStep;
    // each image by itself where it is cut into strips
    const most = this.strips > 1 ? blocks.length : Math.min(PARTS, this.mostParts);
    this.perPart = Math.ceil(blocks.length / Math.max(1, Math.min(most, blocks.length)));
    this.parts = Math.ceil(blocks.length / this.perPart);
  }

  /** Gradients of the weights that memory allows. */
  private get mostParts(): number {
    return Math.floor(MOST_PARTIAL / (this.shape.outChannels * this.depth));
  }

  /** Whether an image may be cut into strips: all that is done to a strip has to know that it is one. */
  private mayStrip(hasBias: boolean): boolean {
    const { shape, images, order, direct, biased, turned } = this;
    if (images !== 1 || shape.groups !== 1 || direct || turned || (hasBias && !biased)) return false;
    return order === 'images, groups' || shape.batch <= this.mostParts;
  }

  /** Rows whose columns stay in the cache between the steps that make and use them. */
  private stripRows(): number {
    const { outHeight, outWidth, dilationHeight } = this.shape;
    const { stripElements, minColumns } = limits;
    const fitting = Math.floor(stripElements / (this.line * outWidth)) - (this.bands - 1) * dilationHeight;
    const most = Math.max(fitting, Math.ceil(minColumns / outWidth));
    return Math.ceil(outHeight / Math.ceil(outHeight / most));
  }

  /** A number that changes from one block of images to the next, from group to group, and from strip to strip. */
  along(base: number, perImages: number, perGroup: number, most?: number, perStrip = 0): Varying {
    if (this.strips > 1) return { base, perBlock: perImages, perTurn: perStrip, most };
    if (this.order === 'images, groups') return { base, perBlock: perImages, perTurn: perGroup, most };
    if (this.order === 'groups, images') return { base, perBlock: perGroup, perTurn: perImages, most };
    return { base, perBlock: this.perPart * perImages, perTurn: perImages, most };
  }

  get blocks(): Pick<Task, 'blocks' | 'turns'> {
    const { imageBlocks, perPart, parts } = this;
    const { groups } = this.shape;
    const nested = (outer: number, inner: number): Pick<Task, 'blocks' | 'turns'> => ({
      blocks: outer,
      turns: { total: outer * inner, perBlock: inner },
    });
    if (this.strips > 1) return nested(imageBlocks, this.strips);
    if (this.order === 'images, groups') return nested(imageBlocks, groups);
    if (this.order === 'groups, images') return nested(groups, imageBlocks);
    return { blocks: parts, turns: { total: imageBlocks, perBlock: perPart } };
  }

  /** So many units of each image of the block. */
  ofImages(units: number): Varying {
    return this.along(units * this.shape.batch, -units * this.images, 0, units * this.images);
  }

  /** So many units for each row of the output of a strip, and some more; the images' own rows where there are no strips. */
  ofRows(units: number, more = 0): Argument {
    const { rows, strips } = this;
    const { outHeight } = this.shape;
    if (strips === 1) return units * outHeight + more;
    return { base: units * outHeight + more, perTurn: -units * rows, most: units * rows + more };
  }

  /** Positions of the block's images, or of its strip. */
  get n(): Argument {
    return this.images === 1 ? this.ofRows(this.shape.outWidth) : this.ofImages(this.positions);
  }

  /** The rows of the output that are unfolded for all bands: the first, and how many. */
  get place(): readonly [row: Argument, rows: Argument] {
    const row = this.strips === 1 ? 0 : { base: 0, perTurn: this.rows };
    return [row, this.ofRows(1, (this.bands - 1) * this.shape.dilationHeight)];
  }

  /** The group's channels of the block's first image. */
  input(address: number): Varying {
    return this.along(address, 4 * this.images * this.image, 4 * this.inGroup * this.plane);
  }

  /** The same of the output, where the strip begins. */
  output(address: number): Varying {
    const strip = 4 * this.rows * this.shape.outWidth;
    return this.along(address, 4 * this.images * this.outImage, 4 * this.outGroup * this.positions, undefined, strip);
  }

  weight(address: number): Varying {
    return this.along(address, 0, 4 * this.outGroup * this.line);
  }

  /** Of a row of the unfolded matrix, its place in the column matrix, whose rows are channels, rows of the kernel and taps in these. */
  rowOf(band: number, row: number): number {
    if (this.bands === 1) return row;
    const { kernelWidth } = this.shape;
    return (Math.floor(row / kernelWidth) * this.bands + band) * kernelWidth + (row % kernelWidth);
  }
}
