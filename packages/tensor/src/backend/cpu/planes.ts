/** Walks over the planes of several operands: the last two of their dimensions are a kernel's. */

/** An operand: where it begins and how it continues. */
export interface Place {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Calls `run` with the offsets of each plane of the last two dimensions; ends with false at once where it returns that. */
export function runPlanes(
  shape: readonly number[],
  places: readonly Place[],
  run: (offsets: readonly number[]) => boolean,
): boolean {
  const index = new Array<number>(shape.length - 2).fill(0);
  const at = places.map(({ offset }) => offset);
  for (;;) {
    if (!run(at)) return false;
    let d = index.length - 1;
    for (; d >= 0; d--) {
      index[d]++;
      places.forEach(({ strides }, k) => {
        at[k] += strides[d];
      });
      if (index[d] < shape[d]) break;
      places.forEach(({ strides }, k) => {
        at[k] -= strides[d] * shape[d];
      });
      index[d] = 0;
    }
    if (d < 0) return true;
  }
}
