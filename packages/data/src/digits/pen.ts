/** A square gray image drawn with a round, soft pen. Distances and radii are in pixels. */
export class Canvas {
  readonly size: number;
  /** For each pixel, how deep it lies inside the thickest stroke near it: radius − distance, in pixels. */
  private readonly depth: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.depth = new Float32Array(size * size);
  }

  clear(): void {
    this.depth.fill(FAR);
  }

  /** A straight piece from (x0, y0) to (x1, y1); the pen's radius goes from r0 to r1. */
  segment(x0: number, y0: number, x1: number, y1: number, r0: number, r1: number): void {
    const { size, depth } = this;
    const reach = Math.max(r0, r1) + REACH;
    const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
    const right = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach));
    const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
    const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach));
    const dx = x1 - x0;
    const dy = y1 - y0;
    const length2 = dx * dx + dy * dy;
    const scale = length2 > 0 ? 1 / length2 : 0;
    for (let y = top; y <= bottom; y++) {
      const py = y - y0;
      for (let x = left; x <= right; x++) {
        const px = x - x0;
        // The nearest point of the segment is at t of the way.
        let t = (px * dx + py * dy) * scale;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const ex = px - t * dx;
        const ey = py - t * dy;
        const inside = r0 + t * (r1 - r0) - Math.sqrt(ex * ex + ey * ey);
        if (inside > depth[y * size + x]) depth[y * size + x] = inside;
      }
    }
  }

  /** Ink of pixel i in 0…1; its edge is `softness` pixels wide (1: plain anti-aliasing, more: blurred). */
  ink(i: number, softness: number): number {
    const t = 0.5 + this.depth[i] / softness;
    if (t <= 0) return 0;
    if (t >= 1) return 1;
    return t * t * (3 - 2 * t);
  }
}

/** The depth of a pixel that no stroke is near to. */
const FAR = -1e3;
/** How far beyond its radius a stroke leaves ink: half the greatest softness. */
const REACH = 1.5;

/** Pieces between two neighbouring points of a smooth run. */
const STEPS = 6;

/**
 * Visits a smooth curve through the given points (x0, y0, x1, y1, …) in short pieces: uniform Catmull–Rom, whose
 * tangent at a point is half the way between its neighbours. `t` runs from 0 to 1 over the whole run.
 */
export function traceCurve(points: ArrayLike<number>, visit: (x: number, y: number, t: number) => void): void {
  const last = points.length / 2 - 1;
  visit(points[0], points[1], 0);
  for (let i = 0; i < last; i++) {
    const a = 2 * Math.max(0, i - 1);
    const b = 2 * i;
    const c = b + 2;
    const d = 2 * Math.min(last, i + 2);
    for (let k = 1; k <= STEPS; k++) {
      const t = k / STEPS;
      const wa = -0.5 * t + t * t - 0.5 * t * t * t;
      const wb = 1 - 2.5 * t * t + 1.5 * t * t * t;
      const wc = 0.5 * t + 2 * t * t - 1.5 * t * t * t;
      const wd = 0.5 * t * t * t - 0.5 * t * t;
      const x = wa * points[a] + wb * points[b] + wc * points[c] + wd * points[d];
      const y = wa * points[a + 1] + wb * points[b + 1] + wc * points[c + 1] + wd * points[d + 1];
      visit(x, y, (i + t) / last);
    }
  }
}
