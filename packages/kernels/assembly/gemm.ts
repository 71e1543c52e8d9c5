// Row-major sgemm after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): blocks of B and
// A are packed into panels that the register tile reads without a gap. The tile is 4x8 because its 8 accumulators, 2 rows
// of B and a splat fit the registers; 6x8 spills and measured slower.
import { multiplyAdd } from './lanes';
import { packColumns, packRows } from './pack';

const BLOCK_DEPTH: i32 = 256; // a packed B panel is 8 KiB: a quarter of the L1 cache
const BLOCK_ROWS: i32 = 128; // the packed A block is 128 KiB: it stays in L2
const BLOCK_COLUMNS: i32 = 512;
const EDGE_TILE: i32 = 32;

/** Bytes of the workspace that `sgemm` needs: both packed blocks, and one tile for the edges. */
export function sgemmWorkspace(): i32 {
  return (BLOCK_DEPTH * (BLOCK_ROWS + BLOCK_COLUMNS) + EDGE_TILE) << 2;
}

/**
 * C = alpha * op(A) * op(B) + beta * C; addresses in bytes, leading dimensions in elements; m, n, k at least 1. With beta 0
 * the old content of C is not read.
 */
export function sgemm(
  transA: bool,
  transB: bool,
  m: i32,
  n: i32,
  k: i32,
  alpha: f32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  beta: f32,
  c: usize,
  ldc: i32,
  work: usize,
): void {
  const packedA = work;
  const packedB = packedA + BLOCK_DEPTH * BLOCK_ROWS * 4;
  const edge = packedB + BLOCK_DEPTH * BLOCK_COLUMNS * 4;
  for (let jc = 0; jc < n; jc += BLOCK_COLUMNS) {
    const nb = min(BLOCK_COLUMNS, n - jc);
    for (let pc = 0; pc < k; pc += BLOCK_DEPTH) {
      const kb = min(BLOCK_DEPTH, k - pc);
      const keep: f32 = pc == 0 ? beta : 1;
      if (transB) packRows(at(b, jc, pc, ldb), ldb, nb, kb, packedB, 8);
      else packColumns(at(b, pc, jc, ldb), ldb, nb, kb, packedB, 8);
      for (let ic = 0; ic < m; ic += BLOCK_ROWS) {
        const mb = min(BLOCK_ROWS, m - ic);
        if (transA) packColumns(at(a, pc, ic, lda), lda, mb, kb, packedA, 4);
        else packRows(at(a, ic, pc, lda), lda, mb, kb, packedA, 4);
        multiplyBlock(mb, nb, kb, alpha, packedA, packedB, keep, at(c, ic, jc, ldc), ldc, edge);
      }
    }
  }
}

function at(base: usize, row: i32, column: i32, stride: i32): usize {
  return base + (((row as usize) * (stride as usize) + (column as usize)) << 2);
}

function multiplyBlock(
  m: i32,
  n: i32,
  k: i32,
  alpha: f32,
  packedA: usize,
  packedB: usize,
  keep: f32,
  c: usize,
  ldc: i32,
  edge: usize,
): void {
  const panelA = (k as usize) << 4;
  const panelB = (k as usize) << 5;
  for (let j = 0; j < n; j += 8) {
    let a = packedA;
    for (let i = 0; i < m; i += 4) {
      const target = at(c, i, j, ldc);
      if (i + 4 <= m && j + 8 <= n) {
        tile(k, alpha, a, packedB, keep, target, (ldc as usize) << 2);
      } else {
        tile(k, alpha, a, packedB, 0, edge, 32);
        storeEdge(min(4, m - i), min(8, n - j), edge, keep, target, (ldc as usize) << 2);
      }
      a += panelA;
    }
    packedB += panelB;
  }
}

function storeEdge(rows: i32, columns: i32, edge: usize, keep: f32, c: usize, row: usize): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const to = c + ((j as usize) << 2);
      const value = load<f32>(edge + (((i << 3) + j) << 2));
      store<f32>(to, keep == 0 ? value : value + keep * load<f32>(to));
    }
    c += row;
  }
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, alpha: v128, keep: f32, left: v128, right: v128): void {
  left = f32x4.mul(alpha, left);
  right = f32x4.mul(alpha, right);
  if (keep != 0) {
    const factor = f32x4.splat(keep);
    left = f32x4.add(left, f32x4.mul(factor, v128.load(c)));
    right = f32x4.add(right, f32x4.mul(factor, v128.load(c, 16)));
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}

/** The 4x8 register tile over packed panels; `row` is C's row length in bytes. */
export function tile(k: i32, alpha: f32, a: usize, b: usize, keep: f32, c: usize, row: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let l = 0; l < k; l++) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = multiplyAdd(a0, left, c00);
    c01 = multiplyAdd(a0, right, c01);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(a1, left, c10);
    c11 = multiplyAdd(a1, right, c11);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(a2, left, c20);
    c21 = multiplyAdd(a2, right, c21);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(a3, left, c30);
    c31 = multiplyAdd(a3, right, c31);
    a += 16;
    b += 32;
  }
  const scale = f32x4.splat(alpha);
  storeRow(c, scale, keep, c00, c01);
  storeRow(c + row, scale, keep, c10, c11);
  storeRow(c + 2 * row, scale, keep, c20, c21);
  storeRow(c + 3 * row, scale, keep, c30, c31);
}
