/**
 * Functions that scalar definitions call and GPUs lack or compute badly: float32-accurate formulas over `+ − · /`, roots,
 * exp and log. The shading languages promise little about infinities, NaN, remainders and angles, so those are spelt out.
 *
 * None calls another, because gpu.js mixes up their order in some modes: what two share is pasted into both.
 */

/** Numbers that cannot stand in a kernel's text; a kernel takes them as scalars and hands them on. */
export type SpecialNumber = 'infinity' | 'nan';
export const SPECIAL_NUMBERS: Readonly<Record<SpecialNumber, number>> = { infinity: Infinity, nan: Number.NaN };

export interface DeviceFunction {
  readonly name: string;
  readonly parameters: readonly string[];
  /** Passed behind the parameters. */
  readonly special?: readonly SpecialNumber[];
  readonly body: string;
}

/** Statements that set `out` to log(1 + v): by the series of the area tangent near 0, where 1 + v would cut v off. */
const log1p = (out: string, v: string): string => `
  if (Math.abs(${v}) < 0.5) {
    const s = ${v} / (2 + ${v});
    const q = s * s;
    ${out} = 2 * s * (1 + q * (0.33333333 + q * (0.2 + q * (0.14285714 + q * (0.11111111 + q * (0.09090909 + q * 0.07692308))))));
  } else { ${out} = Math.log(1 + ${v}); }`;

/** Statements that set `out` to exp(v) − 1: by the power series near 0, where the difference would cancel. */
const expm1 = (out: string, v: string): string => `
  if (Math.abs(${v}) < 0.5) {
    ${out} = ${v} * (1 + ${v} * (0.5 + ${v} * (0.16666667 + ${v} * (0.041666667 + ${v} * (0.0083333333 + ${v} * (0.0013888889 + ${v} * 0.00019841270))))));
  } else { ${out} = Math.exp(${v}) - 1; }`;

/** Statements that set `out`, declared, to tanh(v): 1 is reached at 9.1, before exp has a chance to overflow. */
const tanh = (out: string, v: string): string => `
  const size = Math.abs(${v});
  if (size < 0.25) {
    const d = 2 * size;
    const e = d * (1 + d * (0.5 + d * (0.16666667 + d * (0.041666667 + d * (0.0083333333 + d * 0.0013888889)))));
    ${out} = e / (e + 2);
  } else {
    const t = Math.exp(-2 * size);
    ${out} = (1 - t) / (1 + t);
  }
  if (size > 9.1) { ${out} = 1; }
  if (${v} < 0) { ${out} = -${out}; }`;

/** Statements that set `out`, declared, to atan(v) of v ≥ 0, reduced to |z| ≤ tan π/8. https://www.netlib.org/cephes/ */
const atan = (out: string, v: string): string => `
  let z = ${v};
  if (${v} > 2.414213562) { ${out} = 1.5707963268; z = -1 / ${v}; }
  else { if (${v} > 0.4142135624) { ${out} = 0.7853981634; z = (${v} - 1) / (${v} + 1); } }
  const q = z * z;
  ${out} = ${out} + ((((8.05374449538e-2 * q - 0.138776856032) * q + 0.199777106478) * q - 0.333329491539) * q * z + z);`;

/**
 * Statements that set `out`, declared, to asin(s) for 0 ≤ v ≤ 1, where s is v, or beyond 1/2 the root of (1 − v) / 2, of which
 * asin(v) is π/2 − 2 asin(s). https://www.netlib.org/cephes/
 */
const asin = (out: string, v: string): string => `
  let z = ${v} * ${v};
  let s = ${v};
  if (${v} > 0.5) { z = 0.5 * (1 - ${v}); s = Math.sqrt(z); }
  ${out} = ((((4.2163199048e-2 * z + 2.4181311049e-2) * z + 4.5470025998e-2) * z + 7.4953002686e-2) * z + 0.16666752422) * z * s + s;`;

/**
 * Statements that declare the sine `s` and cosine `c` of |x| within its octant, and the octant's even number: 0, 2, 4 or 6.
 * π/4 is subtracted in three parts, which is exact up to about 8,000. https://www.netlib.org/cephes/
 */
const OCTANT = `
  const a = Math.abs(x);
  let j = Math.floor(a * 1.27323954473516);
  j = j + (j - 2 * Math.floor(j * 0.5));
  const z = ((a - j * 0.78515625) - j * 2.4187564849853516e-4) - j * 3.77489497744594e-8;
  const q = z * z;
  const octant = j - 8 * Math.floor(j * 0.125);
  const s = ((8.3321608736e-3 - 1.9515295891e-4 * q) * q - 0.16666654611) * q * z + z;
  const c = ((2.443315711809948e-5 * q - 1.388731625493765e-3) * q + 4.166664568298827e-2) * q * q - 0.5 * q + 1;`;

/** Statements that set `out`, declared, to erfc(v): the series of `elementwise-functions.ts` as far as float32 sees it. */
const erfc = (out: string, v: string): string => `
  const size = Math.abs(${v});
  const t = 2 / (2 + size);
  const w = 4 * t - 2;
  const c8 = w * 5.059343e-9 + 6.5290545e-9;
  const c7 = w * c8 - 5.059343e-9 - 8.5238096e-8;
  const c6 = w * c7 - c8 + 1.5626442e-8;
  const c5 = w * c6 - c7 + 1.3036558e-6;
  const c4 = w * c5 - c6 - 1.62429e-6;
  const c3 = w * c4 - c5 - 2.0278578e-5;
  const c2 = w * c3 - c4 + 4.2523325e-5;
  const c1 = w * c2 - c3 + 3.6683949785e-4;
  const c0 = w * c1 - c2 - 9.4659534448e-4;
  const b0 = w * c0 - c1 - 9.5615147868e-3;
  const b1 = w * b0 - c0 + 1.9476473204e-2;
  const b2 = w * b1 - b0 + 0.64196979236;
  const series = 0.5 * w * b2 - b1 - 0.65132685989;
  ${out} = t * Math.exp(series - size * size);
  if (size > 14) { ${out} = 0; }
  if (${v} < 0) { ${out} = 2 - ${out}; }`;

const define = (
  name: string,
  parameters: string,
  body: string,
  special: readonly SpecialNumber[] = [],
): DeviceFunction => ({ name, parameters: parameters.split(', '), special, body });

/** An odd function of its size. */
const odd = (statements: string): string => `let r = 0; const a = Math.abs(x); ${statements} return x < 0 ? -r : r;`;

/** By the name under which definitions call them. What is missing here is gpu.js's own. */
export const DEVICE_FUNCTIONS: Readonly<Record<string, DeviceFunction>> = {
  'Math.exp': define('expOf', 'x', 'return Math.exp(x);'),
  'Math.max': define('maxOf', 'x, y', 'return !(x === x) || x > y ? x : y;'),
  'Math.min': define('minOf', 'x, y', 'return !(x === x) || x < y ? x : y;'),
  'Math.sign': define('signOf', 'x', 'if (x > 0) { return 1; } if (x < 0) { return -1; } return x;'),
  // halves go up, as in JavaScript
  'Math.round': define('roundOf', 'x', 'const f = Math.floor(x); return x - f >= 0.5 ? f + 1 : f;'),
  'Math.log': define(
    'logOf',
    'x',
    'if (x === 0) { return -infinity; } if (x < 0) { return nan; } return x === infinity ? infinity : Math.log(x);',
    ['infinity', 'nan'],
  ),
  'Math.log2': define(
    'log2Of',
    'x',
    'if (x === 0) { return -infinity; } if (x < 0) { return nan; } return x === infinity ? infinity : Math.log2(x);',
    ['infinity', 'nan'],
  ),
  'Math.log10': define(
    'log10Of',
    'x',
    'if (x === 0) { return -infinity; } if (x < 0) { return nan; } return x === infinity ? infinity : Math.log(x) * 0.4342944819;',
    ['infinity', 'nan'],
  ),
  'Math.log1p': define(
    'log1pOf',
    'x',
    `if (x === -1) { return -infinity; } if (x < -1) { return nan; } if (x === infinity) { return infinity; }
  let r = 0; ${log1p('r', 'x')} return r;`,
    ['infinity', 'nan'],
  ),
  'Math.expm1': define('expm1Of', 'x', `let r = 0; ${expm1('r', 'x')} return r;`),
  'Math.tanh': define('tanhOf', 'x', `let r = 0; ${tanh('r', 'x')} return r;`),
  'Math.sinh': define(
    'sinhOf',
    'x',
    odd(`
  if (a < 1) {
    const q = a * a;
    r = a * (1 + q * (0.16666667 + q * (0.0083333333 + q * (0.00019841270 + q * 0.0000027557319))));
  } else { const h = Math.exp(0.5 * a); r = 0.5 * h * h - 0.5 / h / h; }`),
  ),
  'Math.cosh': define('coshOf', 'x', 'const h = Math.exp(0.5 * Math.abs(x)); return 0.5 * h * h + 0.5 / h / h;'),
  'Math.asinh': define(
    'asinhOf',
    'x',
    odd(`
  if (a > 1e9) { r = a === infinity ? infinity : Math.log(a) + 0.6931471806; }
  else { const v = a + a * a / (1 + Math.sqrt(1 + a * a)); ${log1p('r', 'v')} }`),
    ['infinity'],
  ),
  'Math.acosh': define(
    'acoshOf',
    'x',
    `if (x < 1) { return nan; } if (x === infinity) { return infinity; }
  let r = 0; const d = x - 1;
  if (x > 1e9) { r = Math.log(x) + 0.6931471806; }
  else { const v = d + Math.sqrt(2 * d + d * d); ${log1p('r', 'v')} }
  return r;`,
    ['infinity', 'nan'],
  ),
  'Math.atanh': define(
    'atanhOf',
    'x',
    odd(`
  if (a > 1) { return nan; }
  if (a === 1) { r = infinity; } else { const v = 2 * a / (1 - a); ${log1p('r', 'v')} r = 0.5 * r; }`),
    ['infinity', 'nan'],
  ),
  'Math.sin': define(
    'sinOf',
    'x',
    `${OCTANT}
  let r = octant === 2 || octant === 6 ? c : s;
  if (octant > 3) { r = -r; }
  if (x < 0) { r = -r; }
  return a < infinity ? r : nan;`,
    ['infinity', 'nan'],
  ),
  'Math.cos': define(
    'cosOf',
    'x',
    `${OCTANT}
  let r = octant === 2 || octant === 6 ? s : c;
  if (octant === 2 || octant === 4) { r = -r; }
  return a < infinity ? r : nan;`,
    ['infinity', 'nan'],
  ),
  'Math.tan': define(
    'tanOf',
    'x',
    `${OCTANT}
  let r = octant === 2 || octant === 6 ? -c / s : s / c;
  if (x < 0) { r = -r; }
  return a < infinity ? r : nan;`,
    ['infinity', 'nan'],
  ),
  'Math.asin': define(
    'asinOf',
    'x',
    odd(`if (a > 1) { return nan; } ${asin('r', 'a')} if (a > 0.5) { r = 1.5707963268 - 2 * r; }`),
    ['nan'],
  ),
  'Math.acos': define(
    'acosOf',
    'x',
    `const a = Math.abs(x); if (a > 1) { return nan; }
  let r = 0; ${asin('r', 'a')}
  if (a > 0.5) { return x < 0 ? 3.1415926536 - 2 * r : 2 * r; }
  return x < 0 ? 1.5707963268 + r : 1.5707963268 - r;`,
    ['nan'],
  ),
  'Math.atan': define('atanOf', 'x', odd(atan('r', 'a'))),
  'Math.atan2': define(
    'atan2Of',
    'y, x',
    `const b = Math.abs(y); const d = Math.abs(x);
  let a = 0;
  if (b === infinity && d === infinity) { a = 1; }
  else { if (d > 0) { a = b / d; } else { if (b > 0) { a = infinity; } } }
  let r = 0; ${atan('r', 'a')}
  if (x < 0 || 1 / x < 0) { r = 3.1415926536 - r; }
  if (y < 0 || 1 / y < 0) { r = -r; }
  return x === x && y === y ? r : nan;`,
    ['infinity', 'nan'],
  ),
  'Math.hypot': define(
    'hypotOf',
    'x, y',
    `const a = Math.abs(x); const b = Math.abs(y);
  if (a === infinity || b === infinity) { return infinity; }
  if (a === 0 && b === 0) { return 0; }
  const large = a > b ? a : b; const small = a > b ? b : a;
  const q = small / large;
  if (!(x === x)) { return x; }
  return y === y ? large * Math.sqrt(1 + q * q) : y;`,
    ['infinity'],
  ),
  'Math.pow': define(
    'powOf',
    'x, y',
    `if (y === 0) { return 1; } if (!(x === x && y === y)) { return nan; }
  if (x === 0) { if (y > 0) { return 0; } return y < 0 ? infinity : nan; }
  if (x < 0) {
    const size = Math.pow(-x, y);
    if (!(Math.floor(y) === y)) { return x === -infinity ? size : nan; }
    return y - 2 * Math.floor(y * 0.5) === 1 ? -size : size;
  }
  return Math.pow(x, y);`,
    ['infinity', 'nan'],
  ),
  // exact, by long division: doublings and differences of floats within a factor of two are
  '%': define(
    'fmodOf',
    'x, y',
    `let a = Math.abs(x); const b = Math.abs(y);
  if (b === infinity && a < infinity) { return x; }
  if (b > 0 && a < infinity) {
    let s = b;
    for (let i = 0; i < 278; i++) { if (s * 2 <= a) { s = s * 2; } else { break; } }
    for (let i = 0; i < 279; i++) { if (a >= s) { a = a - s; } if (s <= b) { break; } s = s * 0.5; }
    return x < 0 ? -a : a;
  }
  return nan;`,
    ['infinity', 'nan'],
  ),
  erfc: define('erfcOf', 'x', `let r = 0; ${erfc('r', 'x')} return r;`),
  erf: define(
    'erfOf',
    'x',
    `if (Math.abs(x) < 0.5) {
    let term = x; let sum = x;
    for (let n = 1; n < 10; n++) { term = term * (-x * x) / n; sum = sum + term / (2 * n + 1); }
    return sum * 1.128379167;
  }
  let r = 0; ${erfc('r', 'x')} return 1 - r;`,
  ),
  normalCdf: define('normalCdfOf', 'x', `let r = 0; const v = -0.7071067812 * x; ${erfc('r', 'v')} return 0.5 * r;`),
  geluSlope: define(
    'geluSlopeOf',
    'x',
    `let r = 0; const v = -0.7071067812 * x; ${erfc('r', 'v')}
  return 0.5 * r + x * 0.3989422804 * Math.exp(-0.5 * x * x);`,
  ),
  geluTanhSlope: define(
    'geluTanhSlopeOf',
    'x',
    `const v = 0.7978845608 * (x + 0.044715 * x * x * x);
  let r = 0; ${tanh('r', 'v')}
  return 0.5 * (1 + r) + 0.5 * x * (1 - r * r) * 0.7978845608 * (1 + 0.134145 * x * x);`,
  ),
};

/** Functions of one number keep a NaN, of which some GPUs' exp and log make numbers. `!(x === x)` is how a GPU sees one. */
const guard = (parameters: readonly string[]): string =>
  parameters.length === 1 ? `if (!(${parameters[0]} === ${parameters[0]})) { return ${parameters[0]}; }\n  ` : '';

/** The source as gpu.js takes it. */
export const sourceOf = ({ name, parameters, special = [], body }: DeviceFunction): string =>
  `function ${name}(${[...parameters, ...special].join(', ')}) {\n  ${guard(parameters)}${body}\n}`;
