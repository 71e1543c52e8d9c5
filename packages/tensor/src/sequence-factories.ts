/** Evenly spaced numbers. https://pytorch.org/docs/stable/torch.html#creation-ops */
import { checkInteger, checkNumber } from './arguments.js';
import { allocateArray, castNumber } from './dtype.js';
import { ValueError } from './errors.js';
import { resolveOptions, TENSOR_KEYWORDS, type TensorOptions, toOptions, withGrad } from './factories.js';
import { fromHost } from './ops/kernel.js';
import { signature } from './signature.js';
import type { Tensor } from './tensor.js';

export interface LinspaceOptions extends TensorOptions {
  readonly start?: number;
  readonly end?: number;
  readonly steps?: number;
}

export interface LogspaceOptions extends LinspaceOptions {
  readonly base?: number;
}

function spaced(op: string, bound: readonly unknown[], rest: readonly unknown[], map: (x: number) => number): Tensor {
  const start = checkNumber(op, 'start', bound[0]);
  const end = checkNumber(op, 'end', bound[1]);
  const steps = checkInteger(op, 'steps', bound[2]);
  if (steps < 0) throw new ValueError(`${op}(): number of steps must be non-negative, got ${steps}`);
  const { dtype, device, requires_grad } = resolveOptions(op, toOptions(rest), 'float32');
  const round = dtype === 'float64' ? (x: number): number => x : Math.fround;
  const step = round((end - start) / (steps - 1));
  const out = allocateArray(dtype, steps);
  // from the nearer end, so that both ends are met exactly
  for (let i = 0; i < steps; i++) {
    const x = steps === 1 ? start : i < steps / 2 ? start + step * i : end - step * (steps - 1 - i);
    out[i] = castNumber(map(round(x)), dtype);
  }
  return withGrad(fromHost(out, [steps], dtype, device), requires_grad);
}

/** `steps` numbers from start to end, both included. https://pytorch.org/docs/stable/generated/torch.linspace.html */
export const linspace: (
  start: number | LinspaceOptions,
  end?: number | LinspaceOptions,
  steps?: number | LinspaceOptions,
  options?: LinspaceOptions,
) => Tensor = signature(`linspace(start, end, steps, *, ${TENSOR_KEYWORDS})`, (a, b, n, ...rest: unknown[]) =>
  spaced('linspace', [a, b, n], rest, (x) => x),
);

/** base^x for the numbers of `linspace`. https://pytorch.org/docs/stable/generated/torch.logspace.html */
export const logspace: (
  start: number | LogspaceOptions,
  end?: number | LogspaceOptions,
  steps?: number | LogspaceOptions,
  base?: number | LogspaceOptions,
  options?: LogspaceOptions,
) => Tensor = signature(
  `logspace(start, end, steps, base?, *, ${TENSOR_KEYWORDS})`,
  (a, b, n, to = 10, ...rest: unknown[]) => {
    const power = checkNumber('logspace', 'base', to);
    return spaced('logspace', [a, b, n], rest, (x) => power ** x);
  },
);
