interface Sized {
  readonly length: number;
}

/** Throws unless `length` elements from `offset` lie inside `array`: native code would write past its end. */
export function checkSpan(op: string, name: string, array: Sized, offset: number, length: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset + length <= array.length) return;
  if (length === 0) return;
  throw new RangeError(
    `${op}: argument '${name}' needs ${length} elements from offset ${offset}, but the array has ${array.length}`,
  );
}

/** Throws unless `value` is an integer of at least `minimum`. */
export function checkInteger(op: string, name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new RangeError(`${op}: argument '${name}' must be an integer of at least ${minimum}, but it is ${value}`);
}

/** Checks a row-major matrix of `rows x columns` elements whose rows start `leading` elements apart. */
export function checkMatrix(
  op: string,
  name: string,
  array: Sized,
  offset: number,
  rows: number,
  columns: number,
  leading: number,
): void {
  if (rows === 0 || columns === 0) return;
  if (!Number.isInteger(leading) || leading < columns) {
    throw new RangeError(`${op}: argument 'ld${name}' must be an integer of at least ${columns}, but it is ${leading}`);
  }
  checkSpan(op, name, array, offset, (rows - 1) * leading + columns);
}
