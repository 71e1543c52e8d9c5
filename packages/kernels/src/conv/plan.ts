/** How a convolution is cut into the blocks of a task. */
import type { Task, Varying } from '../parallel/pool.js';
import { blocksOf, type Conv2dShape, columnDepth, isPointwise, limits } from './shape.js';

/**
 * Parts of the batch whose gradients of the weights are found apart and then added up, whatever the number of threads, and the
 * elements of all their gradients at most.
 */
export const PARTS: number = 16;
export const MOST_PARTIAL: number = 1 << 22;

/** What the blocks of a task and the turns within them stand for. */
export type Order = 'images, groups' | 'parts, images' | 'groups, images';

/** So many rows or columns of weights for each image are worth putting into another order. */
const MANY = 8;
export const mayOrderWeights = (s: Conv2dShape, many: number): boolean => many <= MANY * s.batch;

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
    this.columns = this.images * this.positions;
    this.direct = isPointwise(s) && this.images === 1;
    const bandDepth = this.depth / s.kernelHeight;
    const banded = mayBand && s.kernelHeight > 1 && s.strideHeight === 1 && bandDepth >= limits.leastBand;
    this.bands = banded && this.images === 1 ? s.kernelHeight : 1;
    this.bandDepth = this.depth / this.bands;
    this.biased = hasBias && this.images === 1 && !this.direct && mayOrderWeights(s, this.depth);
    this.line = this.bandDepth + (this.biased ? 1 : 0);
    this.bandStep = s.dilationHeight * s.outWidth;
    this.bandColumns = this.columns + (this.bands - 1) * this.bandStep;
    this.turned = this.bands > 1 && this.bandDepth * this.outGroup * this.positions <= limits.mostTurned;
    const parts = Math.min(PARTS, Math.floor(MOST_PARTIAL / (s.outChannels * this.depth)), blocks.length);
    this.perPart = Math.ceil(blocks.length / Math.max(1, parts));
    this.parts = Math.ceil(blocks.length / this.perPart);
  }

  /** A number that changes from one block of images to the next, and from group to group. */
  along(base: number, perImages: number, perGroup: number, most?: number): Varying {
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
    if (this.order === 'images, groups') return nested(imageBlocks, groups);
    if (this.order === 'groups, images') return nested(groups, imageBlocks);
    return { blocks: parts, turns: { total: imageBlocks, perBlock: perPart } };
  }

  /** So many units of each image of the block. */
  ofImages(units: number): Varying {
    return this.along(units * this.shape.batch, -units * this.images, 0, units * this.images);
  }

  /** The group's channels of the block's first image. */
  input(address: number): Varying {
    return this.along(address, 4 * this.images * this.image, 4 * this.inGroup * this.plane);
  }

  output(address: number): Varying {
    return this.along(address, 4 * this.images * this.outImage, 4 * this.outGroup * this.positions);
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
