/** The nonlinearities' elementwise kernels, written from PyTorch's documentation and not from the kernels. */
import type { ElementwiseName } from '../elementwise.js';
import { complementaryErrorFunction, type Reference } from './special-functions.js';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
/** The distribution function of N(0, 1). */
const normal = (x: number): number => 0.5 * complementaryErrorFunction(-x / Math.SQRT2);
/** The u of gelu's approximation (1 + tanh u) / 2, and its derivative. */
const argument = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const argumentSlope = (x: number): number => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);

type ActivationName =
  | 'gelu'
  | 'gelu_tanh'
  | 'silu'
  | 'mish'
  | 'log_sigmoid'
  | 'leaky_relu'
  | 'gelu_backward'
  | 'gelu_tanh_backward'
  | 'silu_backward'
  | 'elu'
  | 'softplus';

export const ACTIVATIONS: Readonly<Record<ActivationName & ElementwiseName, Reference>> = {
  gelu: { arity: 1, f: (x) => x * normal(x), floatOnly: true },
  gelu_tanh: { arity: 1, f: (x) => (x * (1 + Math.tanh(argument(x)))) / 2, floatOnly: true },
  silu: { arity: 1, f: (x) => x * logistic(x), floatOnly: true },
  mish: { arity: 1, f: (x) => x * Math.tanh(x > 30 ? x : Math.log(1 + Math.exp(x))), floatOnly: true },
  log_sigmoid: { arity: 1, f: (x) => (x < -30 ? x : -Math.log1p(Math.exp(-x))), floatOnly: true },
  leaky_relu: { arity: 2, f: (x, slope) => (x > 0 ? x : x * slope), floatOnly: true },
  gelu_backward: {
    arity: 2,
    f: (g, x) => g * (normal(x) + (x * Math.exp(-(x ** 2) / 2)) / Math.sqrt(2 * Math.PI)),
    floatOnly: true,
  },
  gelu_tanh_backward: {
    arity: 2,
    f(g, x) {
      const t = Math.tanh(argument(x));
      return (g * (1 + t + x * (1 - t * t) * argumentSlope(x))) / 2;
    },
    floatOnly: true,
  },
  silu_backward: { arity: 2, f: (g, x) => g * (logistic(x) * (1 + x * (1 - logistic(x)))), floatOnly: true },
  elu: { arity: 3, f: (x, alpha, scale) => (x > 0 ? x : alpha * Math.expm1(x * scale)), floatOnly: true },
  softplus: {
    arity: 3,
    f: (x, beta, threshold) => (x * beta > threshold ? x : Math.log1p(Math.exp(x * beta)) / beta),
    floatOnly: true,
  },
};
