/**
 * The functions that scalar definitions call, for float32 vectors, in the same language. What is written without `Math.`
 * is a vector instruction or two: `powerOfTwo(t)` is 2ᵏ for the whole number k + 127 in the low bits of t;
 * `exponentOf(x)` and `mantissaOf(x)` are k and m of x = m · 2ᵏ with 1/√2 ≤ m < √2, for a normal x.
 *
 * Polynomials are minimax fits (Lawson's iteration in float64), rounded to float32. Largest errors against
 * float64: exp and log 1 ulp, tanh 1.5, expm1 2, log1p 2.5, erf 6.5; of normalCdf and geluSlope, which lie around 1, 2.1e-7
 * and 2.6e-7, as PyTorch's. `test/simd-functions.test.ts` holds them to it.
 */
export interface VectorFunction {
  readonly params: readonly string[];
  /** Statements before the result. */
  readonly body: string;
  readonly result: string;
}

export const VECTOR_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  // x = k ln 2 + r. Adding 1.5 · 2²³ rounds to the whole number k + 126 and leaves it in the low bits: the exponent's of 2ᵏ⁻¹, which
  // can be represented up to where e^x overflows. Results below 2⁻¹²⁵·⁵ become 0.
  'Math.exp': {
    params: ['x'],
    body: `
      const low = x < -87.5 ? -87.5 : x;
      const c = low > 89 ? 89 : low;
      const t = c * 1.4426950408889634 + 12583038;
      const k = t - 12583038;
      const r = c - k * 0.693359375 + k * 0.00021219444005469057;
      const q = 0.04166839271783829 + r * (0.00836875569075346 + r * 0.0013814517296850681);
      const e = 1 + (r + r * r * (0.4999999403953552 + r * (0.1666651964187622 + r * q)));
    `,
    result: '(e + e) * powerOfTwo(t)',
  },
  'Math.log': {
    params: ['x'],
    body: `
      const tiny = x < 1.1754943508222875e-38;
      const y = tiny ? x * 8388608 : x;
      const k = exponentOf(y) - (tiny ? 23 : 0);
      const f = mantissaOf(y) - 1;
      const a = 0.14201553165912628 + f * (-0.1316058337688446 + f * (0.1276332587003708 + f * -0.07635651528835297));
      const p = 0.3333333134651184 + f * (-0.250008225440979 + f * (0.20001234114170074 + f * (-0.16623298823833466 + f * a)));
      const s = f * f;
      const small = f * s * p - k * 0.00021219444005469057 - 0.5 * s;
      const value = small + f + k * 0.693359375;
    `,
    result: 'x > 0 ? (x === Infinity ? x : value) : x === 0 ? -Infinity : x * 0 / 0',
  },
  'Math.tanh': {
    params: ['x'],
    body: `
      const z = Math.abs(x);
      const s = x * x;
      const p = -0.05373971536755562 + s * (0.0206390880048275 + s * -0.005704987328499556);
      const near = x * (1 + s * (-0.3333328068256378 + s * (0.13331441581249237 + s * p)));
      const far = 1 - 2 / (Math.exp(2 * z) + 1);
    `,
    result: 'z < 0.625 ? near : x < 0 ? -far : far',
  },
  'Math.expm1': {
    params: ['x'],
    body: `
      const p = 0.0013996176421642303 + x * 0.0001984980917768553;
      const q = 0.166666641831398 + x * (0.04166536033153534 + x * (0.008333578705787659 + x * p));
      const near = x * (1 + x * (0.5 + x * q));
    `,
    result: 'Math.abs(x) < 0.5 ? near : Math.exp(x) - 1',
  },
  // the quotient makes up for what 1 + x lost
  'Math.log1p': {
    params: ['x'],
    body: 'const u = 1 + x;',
    result: 'u === 1 ? x : u === Infinity ? u : Math.log(u) * (x / (u - 1))',
  },
  // an odd rational function as far as float32 can tell the result from ±1
  erf: {
    params: ['x'],
    body: `
      const low = x < -3.93 ? -3.93 : x;
      const c = low > 3.93 ? 3.93 : low;
      const s = c * c;
      const a = 0.0037795838434249163 + s * (0.00028480804758146405 + s * 0.0000020419759039214114);
      const p = 1.1283791065216064 + s * (0.19078323245048523 + s * (0.05279020965099335 + s * a));
      const b = 0.014997386373579502 + s * (0.0011652065441012383 + s * 0.00003800409831455909);
      const q = 1 + s * (0.5024099349975586 + s * (0.11425727605819702 + s * b));
      const y = c * p / q;
      const above = y < -1 ? -1 : y;
    `,
    result: 'above > 1 ? 1 : above',
  },
  // an odd rational function around ½, as far as where it is exactly ±½
  normalCdf: {
    params: ['x'],
    body: `
      const low = x < -5.509450435638428 ? -5.509450435638428 : x;
      const c = low > 5.509450435638428 ? 5.509450435638428 : low;
      const s = c * c;
      const a = 0.00016713139484636486 + s * (0.000006293153546721442 + s * 0.000000022546858602368047);
      const p = 0.3989422619342804 + s * (0.033736392855644226 + s * (0.004666609689593315 + s * a));
      const b = 0.0018752209143713117 + s * (0.00007285119500011206 + s * 0.0000011871987908307347);
      const q = 1 + s * (0.25123095512390137 + s * (0.028570082038640976 + s * b));
    `,
    result: '0.5 + c * p / q',
  },
  // the same; x − x makes of infinity the NaN that it is times a density of 0
  geluSlope: {
    params: ['x'],
    body: `
      const low = x < -6.04665470123291 ? -6.04665470123291 : x;
      const c = low > 6.04665470123291 ? 6.04665470123291 : low;
      const s = c * c;
      const a = 0.000202732568141073 + s * (0.00003409185228520073 + s * (9.225298072124133e-7 + s * 1.7046243527829574e-8));
      const p = 0.7978845238685608 + s * (-0.02237118035554886 + s * (0.013857333920896053 + s * a));
      const b = 0.00024532421957701445 + s * (0.000010307729098713025 + s * (3.389775145024032e-7 + s * 1.3147561928050777e-9));
      const q = 1 + s * (0.30529484152793884 + s * (0.044133614748716354 + s * (0.00397151056677103 + s * b)));
    `,
    result: '0.5 + c * p / q + (x - x)',
  },
  geluTanhSlope: {
    params: ['x'],
    body: 'const t = Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x));',
    result: '0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 * (1 + 0.134145 * x * x)',
  },
  'Math.sign': { params: ['x'], body: '', result: 'x > 0 ? 1 : x < 0 ? -1 : x' },
};
