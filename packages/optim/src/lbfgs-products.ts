/** Inner products of the history of L-BFGS: few walks over long vectors, each of which finds many of them. */
import type { Tensor } from '@torchlet/tensor';
import { finding, numbersOf, type Parts, sum, walk } from './long-vectors.js';

/** Products of the changes of gradient, y, and of parameters, s, with those that are not newer, and with the gradient g. */
interface InnerProducts {
  readonly yy: readonly (readonly number[])[];
  readonly ys: readonly (readonly number[])[];
  readonly yg: readonly number[];
  readonly sg: readonly number[];
}

const versionOf = (y: Tensor, s: Tensor): number => y._version + s._version;

/** The products among the vectors of a history, of which each is found once, and those with a gradient. */
export class HistoryProducts {
  private readonly y: Tensor[] = [];
  private readonly s: Tensor[] = [];
  private readonly versions: number[] = [];
  private readonly yy: number[][] = [];
  private readonly ys: number[][] = [];

  /** The products of these changes, which may be others than before, and of the gradient. */
  with(y: readonly Tensor[], s: readonly Tensor[], g: Tensor): InnerProducts {
    this.adopt(y, s);
    const { yy, ys } = this;
    const first = yy.length;
    const all = productsOf([g, ...y.slice(first)], [...y, ...s]);
    for (let i = first; i < y.length; i++) {
      const row = all[1 + i - first];
      yy.push(row.slice(0, i + 1));
      ys.push(row.slice(y.length, y.length + i + 1));
    }
    return { yy, ys, yg: all[0].slice(0, y.length), sg: all[0].slice(y.length) };
  }

  /** Forgets what is known of changes that have left the history, or have been written to; has room for the new ones. */
  private adopt(y: readonly Tensor[], s: readonly Tensor[]): void {
    const lists = [this.y, this.s, this.versions, this.yy, this.ys];
    const left = this.y.indexOf(y[0]);
    if (left > 0) {
      for (const list of lists) list.splice(0, left);
      for (const row of [...this.yy, ...this.ys]) row.splice(0, left);
    }
    let same = 0;
    while (
      same < this.y.length &&
      this.y[same] === y[same] &&
      this.s[same] === s[same] &&
      this.versions[same] === versionOf(y[same], s[same])
    ) {
      same++;
    }
    for (const list of lists) list.length = same;
    this.y.push(...y.slice(same));
    this.s.push(...s.slice(same));
    for (let i = same; i < y.length; i++) this.versions.push(versionOf(y[i], s[i]));
  }
}

const LEFT = ['a', 'b'];
const RIGHT = ['w', 'x', 'y', 'z'];
/** Of two vectors with four: memory brings more in the same time where several of them are read side by side. */
const EIGHT_PRODUCTS = finding(
  'lbfgs_products',
  [...LEFT, ...RIGHT],
  Object.fromEntries(LEFT.flatMap((l) => RIGHT.map((r) => [l + r, { reduce: 'sum', of: `${l} * ${r}` }]))),
);

/** The inner products of each left vector with each right one, by the left ones. */
function productsOf(left: readonly Tensor[], right: readonly Tensor[]): number[][] {
  const products = left.map(() => new Array<number>(right.length).fill(0));
  const parts: Parts[] = [];
  const places: (readonly [i: number, j: number])[] = [];
  for (let j = 0; j < right.length; j += RIGHT.length) {
    for (let i = 0; i < left.length; i += LEFT.length) {
      // the last one stands where there are no more
      const lefts = LEFT.map((_, k) => left[Math.min(i + k, left.length - 1)]);
      const rights = RIGHT.map((_, k) => right[Math.min(j + k, right.length - 1)]);
      walk(EIGHT_PRODUCTS, [...lefts, ...rights]).forEach((part, k) => {
        const place = [i + Math.floor(k / RIGHT.length), j + (k % RIGHT.length)] as const;
        if (place[0] >= left.length || place[1] >= right.length) return;
        parts.push(part);
        places.push(place);
      });
    }
  }
  numbersOf(parts).forEach((numbers, k) => {
    const [i, j] = places[k];
    products[i][j] = sum(numbers);
  });
  return products;
}
