/** What L-BFGS needs of long vectors: their inner products and a combination of them, each in one walk over all of them. */
import { cat, type Tensor } from '@torchlet/tensor';
import { defineUpdate, type RowsKernel, runRows } from '@torchlet/tensor/internal';

/** Elements that are taken of each vector at a time: what all of them meet stays in the cache. */
const PIECE = 1 << 17;
/** Elements whose products are added up to one number: few enough to stay in the cache for the second product. */
const ROW = 1 << 13;

/** Of a vector with two others. */
const TWO_PRODUCTS: RowsKernel = {
  name: 'lbfgs_products',
  reads: ['x', 'y', 'z'],
  writes: [],
  rowReads: [],
  rowWrites: ['xy', 'xz'],
  values: [],
  passes: [
    { body: '', results: { first: { reduce: 'sum', of: 'x * y' } }, after: 'xy = first;' },
    { body: '', results: { second: { reduce: 'sum', of: 'x * z' } }, after: 'xz = second;' },
  ],
};

/** Products of the changes of gradient, y, and of parameters, s, with those that are not newer, and with the gradient g. */
interface InnerProducts {
  readonly yy: readonly (readonly number[])[];
  readonly ys: readonly (readonly number[])[];
  readonly yg: readonly number[];
  readonly sg: readonly number[];
}

/** Products that do not change as long as the vectors are the same. */
interface Known {
  readonly y: Tensor[];
  readonly s: Tensor[];
  readonly versions: number[];
  readonly yy: number[][];
  readonly ys: number[][];
}

/** By the list of y, which lives as long as its history. */
const known = new WeakMap<readonly Tensor[], Known>();

/** The products of a history. Those among its vectors are found once. */
export function innerProducts(y: readonly Tensor[], s: readonly Tensor[], g: Tensor): InnerProducts {
  const { yy, ys } = keepKnown(y, s);
  const first = yy.length;
  const all = productsOf([g, ...y.slice(first)], [...y, ...s]);
  for (let i = first; i < y.length; i++) {
    const row = all[1 + i - first];
    yy.push(row.slice(0, i + 1));
    ys.push(row.slice(y.length, y.length + i + 1));
  }
  return { yy, ys, yg: all[0].slice(0, y.length), sg: all[0].slice(y.length) };
}

const versionOf = (y: Tensor, s: Tensor): number => y._version + s._version;

/** Forgets what is known of changes that have left the history, or have been written to; has room for the new ones. */
function keepKnown(y: readonly Tensor[], s: readonly Tensor[]): Known {
  let past = known.get(y);
  if (past === undefined) known.set(y, (past = { y: [], s: [], versions: [], yy: [], ys: [] }));
  const lists = [past.y, past.s, past.versions, past.yy, past.ys];
  const left = past.y.indexOf(y[0]);
  if (left > 0) {
    for (const list of lists) list.splice(0, left);
    for (const row of [...past.yy, ...past.ys]) row.splice(0, left);
  }
  let same = 0;
  while (
    same < past.y.length &&
    past.y[same] === y[same] &&
    past.s[same] === s[same] &&
    past.versions[same] === versionOf(y[same], s[same])
  ) {
    same++;
  }
  for (const list of lists) list.length = same;
  past.y.push(...y.slice(same));
  past.s.push(...s.slice(same));
  for (let i = same; i < y.length; i++) past.versions.push(versionOf(y[i], s[i]));
  return past;
}

/** Calls `work` for each piece of vectors of `n` elements. */
function inPieces(n: number, work: (pieceOf: (x: Tensor) => Tensor, length: number) => void): void {
  for (let start = 0; start < n; start += PIECE) {
    const length = Math.min(PIECE, n - start);
    work((x) => (length === n ? x : x.narrow(0, start, length)), length);
  }
}

/** The inner products of each left vector with each right one, by the left ones. */
function productsOf(left: readonly Tensor[], right: readonly Tensor[]): number[][] {
  const products = left.map(() => new Array<number>(right.length).fill(0));
  const places: { readonly i: number; readonly j: number }[] = [];
  const parts: Tensor[] = [];
  const collect = (i: number, j: number, sums: Tensor): void => {
    parts.push(sums);
    for (let k = 0; k < sums.shape[0]; k++) places.push({ i, j });
  };
  inPieces(left[0].numel(), (pieceOf, length) => {
    const columns = length % ROW === 0 ? ROW : length;
    const rowsOf = (vector: Tensor): Tensor => pieceOf(vector).view([length / columns, columns]);
    const pieces = left.map(rowsOf);
    right.map(rowsOf).forEach((x, j) => {
      for (let i = 0; i < left.length; i += 2) {
        const { numbers } = runRows(TWO_PRODUCTS, columns, [x, pieces[i], pieces[i + 1] ?? pieces[i]]);
        collect(i, j, numbers[0]);
        if (i + 1 < left.length) collect(i + 1, j, numbers[1]);
      }
    });
  });
  if (parts.length === 0) return products;
  cat(parts)
    .toArray()
    .forEach((part, k) => {
      products[places[k].i][places[k].j] += part;
    });
  return products;
}

const addFour = defineUpdate({
  name: 'lbfgs_add_four',
  writes: ['sum'],
  reads: ['w', 'x', 'y', 'z'],
  values: ['a', 'b', 'c', 'd'],
  each: 'sum += a * w + b * x + (c * y + d * z);',
});

/** Σ coefficient · vector, a new tensor. */
export function combination(vectors: readonly Tensor[], coefficients: readonly number[]): Tensor {
  const sum = vectors[0].mul(coefficients[0]);
  inPieces(sum.numel(), (pieceOf) => {
    const part = pieceOf(sum);
    const term = (i: number): Tensor | null => (i < vectors.length ? pieceOf(vectors[i]) : null);
    for (let i = 1; i < vectors.length; i += 4) {
      const [a, b = 0, c = 0, d = 0] = coefficients.slice(i, i + 4);
      addFour({ sum: part, w: term(i), x: term(i + 1), y: term(i + 2), z: term(i + 3) }, { a, b, c, d });
    }
  });
  return sum;
}
