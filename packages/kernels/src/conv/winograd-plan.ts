/** How a convolution by Winograd's method is cut into strips of tile rows. */
import { provider } from '../gemm/provider.js';
import type { Task, Varying } from '../parallel/pool.js';
import type { Conv2dShape } from './shape.js';

/** The matrices of a strip, one for each multiplication of a tile. */
export const PRODUCTS = 16;

/** Which convolutions are worth it, and how they are cut; changed only by tests. */
export const winogradLimits: {
  leastChannels: number;
  leastChannelsWide: number;
  leastTiles: number;
  leastWork: number;
  stripElements: number;
  leastColumns: number;
  leastStrips: number;
  leastParts: number;
} = {
  /** Channels on the side that has fewer: the products have to be worth what the transforms cost. */
  leastChannels: 16,
  /** The same where products are faster and transforms are not. */
  leastChannelsWide: 32,
  /** Tiles in the batch: the kernels are transformed, too, once for all of them. */
  leastTiles: 32,
  /** Multiplications in each of the 16 products: many small calls cost more than one. */
  leastWork: 1 << 15,
  /** The transformed inputs and outputs of a strip should stay in the cache between the steps that make and use them. */
  stripElements: 1 << 18,
  /** A product over fewer columns than this is too thin. */
  leastColumns: 80,
  /** There should be so many strips for threads to share, whatever their number. */
  leastStrips: 16,
  /**
   * Parts of the batch whose gradients of the weights are worth finding apart. Where memory allows fewer, threads share the 16 products
   * instead, over the transformed inputs and gradients of the whole batch.
   */
  leastParts: 8,
};

/** Whether four outputs at a time are right and worth it: kernels of 3×3 in steps of one, and enough channels. */
export function suits(s: Conv2dShape): boolean {
  const taps = s.kernelHeight === 3 && s.kernelWidth === 3;
  const steps = s.strideHeight * s.strideWidth * s.dilationHeight * s.dilationWidth === 1;
  if (!taps || !steps || s.groups !== 1) return false;
  const tiles = s.batch * Math.ceil(s.outHeight / 2) * Math.ceil(s.outWidth / 2);
  const { leastTiles, leastWork } = winogradLimits;
  const leastChannels = provider().wide ? winogradLimits.leastChannelsWide : winogradLimits.leastChannels;
  const enough = Math.min(s.inChannels, s.outChannels) >= leastChannels && tiles >= leastTiles;
  return enough && s.inChannels * s.outChannels * tiles >= leastWork;
}

/** Bytes from each of the 16 matrices to the next: never whole pages, because all of them are written in turns. */
export const apart = (elements: number): number => Math.ceil(elements / 1024) * 4096 + 320;

/** The tile rows of all images, in strips of equal size but the last, and in parts of several strips. */
export class Strips {
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Tile rows of all images; of each strip but the last. */
  readonly total: number;
  readonly rows: number;
  readonly count: number;
  /** Tiles of each strip but the last. */
  readonly columns: number;
  private readonly perPart: number;

  /**
   * @param channels of both sides together
   * @param mostParts strips are blocks of a task of their own where this is absent, else turns in so many blocks at most
   */
  constructor(batch: number, outHeight: number, outWidth: number, channels: number, mostParts?: number) {
    const { stripElements, leastColumns, leastStrips } = winogradLimits;
    this.tileRows = Math.ceil(outHeight / 2);
    this.tileColumns = Math.ceil(outWidth / 2);
    this.total = batch * this.tileRows;
    const fitting = Math.floor(stripElements / (PRODUCTS * channels * this.tileColumns));
    const wanted = Math.min(fitting, Math.ceil(this.total / leastStrips));
    const most = Math.max(wanted, Math.ceil(leastColumns / this.tileColumns));
    this.rows = Math.ceil(this.total / Math.ceil(this.total / most));
    this.count = Math.ceil(this.total / this.rows);
    this.columns = this.rows * this.tileColumns;
    this.perPart = mostParts === undefined ? 1 : Math.ceil(this.count / Math.max(1, mostParts));
  }

  /** Blocks of the task: parts, or strips. */
  get parts(): number {
    return Math.ceil(this.count / this.perPart);
  }

  get blocks(): Pick<Task, 'blocks' | 'turns'> {
    return { blocks: this.parts, turns: { total: this.count, perBlock: this.perPart } };
  }

  /** A number that grows by `step` from strip to strip. */
  along(base: number, step: number, most?: number): Varying {
    return { base, perBlock: this.perPart * step, perTurn: step, most };
  }

  /** The arguments that say which tile rows the strip has. */
  get place(): readonly [tileRows: number, tileColumns: number, first: Varying, rows: Varying] {
    return [this.tileRows, this.tileColumns, this.along(0, this.rows), this.of(1)];
  }

  /** So many units for each tile row of a strip, where strips are the turns of every block. */
  ofTurn(units: number): Varying {
    return { base: units * this.total, perTurn: -units * this.rows, most: units * this.rows };
  }

  /** So many units for each tile row of the strip. */
  of(units: number): Varying {
    return this.along(units * this.total, -units * this.rows, units * this.rows);
  }
}
