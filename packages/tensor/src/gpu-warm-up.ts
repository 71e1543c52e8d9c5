/** Compiling a training step's kernels before the first step. */
import { checkOptions } from './arguments.js';
import { withGradMode } from './autograd/grad-mode.js';
import { gpuDriver } from './backend/gpu/device.js';
import { expectShapes } from './backend/gpu/drivers/kernel-forms.js';
import { keepingContents } from './backend/gpu/handles.js';
import { gpuGenerator } from './backend/gpu/random.js';
import { ValueError } from './errors.js';
import { default_generator } from './generator.js';
import { clone, copy_ } from './ops/conversion.js';
import { Tensor } from './tensor.js';

/** A module, or any function. */
export interface WarmUpNet<Args extends readonly unknown[], Out> {
  (...args: Args): Out;
  parameters?(): Iterable<Tensor>;
  buffers?(): Iterable<Tensor>;
}

/** What is used of an optimizer. */
export interface WarmUpOptimizer {
  readonly param_groups: readonly { readonly params: readonly Tensor[] }[];
  readonly state: Map<Tensor, object>;
  step(closure: () => Tensor): unknown;
}

export interface WarmUpOptions<Out> {
  /** What is differentiated, from the net's output. Without it nothing is compiled for the backward pass. */
  readonly loss?: (output: Out) => Tensor;
  /** The optimizer whose step is compiled as well. */
  readonly optimizer?: WarmUpOptimizer;
}

/** What {@link warm_up} did. */
export interface WarmUp {
  /** Kernels that had not been compiled before. */
  readonly kernels: number;
  readonly milliseconds: number;
}

/**
 * Compiles the kernels that a step needs, with the sizes in them: runs the net once on an input of the right shape, with `loss` the backward pass too,
 * and with `optimizer` its step. Parameters, gradients, buffers such as running statistics, the optimizer's state and the
 * generators are afterwards as they were; hooks run. Returns when the device has finished.
 *
 *     gpu.warm_up(net, images, { loss: (out) => F.cross_entropy(out, labels), optimizer });
 *
 * @param input the net's input, or an array of its arguments
 * @throws DeviceError when there is no gpu device, or a kernel does not compile.
 */
export function warm_up<Out, Args extends readonly unknown[]>(
  net: WarmUpNet<Args, Out>,
  input: Args | Args[0],
  options: WarmUpOptions<Out> = {},
): WarmUp {
  const { loss, optimizer } = checkArguments(net, options);
  const args = (Array.isArray(input) ? input : [input]) as unknown as Args;
  const driver = gpuDriver();
  const [compiled, start] = [driver.compiled, performance.now()];
  const forward = (): Tensor => {
    const result = (loss as (output: Out) => Tensor)(net(...args));
    result.backward();
    return result;
  };
  const step = (): unknown => {
    if (optimizer !== undefined) return optimizer.step(forward);
    return loss === undefined ? net(...args) : forward();
  };
  keepingEverything(net, optimizer, () => {
    expectShapes(step);
    driver.synchronize();
  });
  return { kernels: driver.compiled - compiled, milliseconds: performance.now() - start };
}

function checkArguments<Out>(net: unknown, options: WarmUpOptions<Out>): WarmUpOptions<Out> {
  checkOptions('warm_up', ['loss', 'optimizer'], options);
  if (typeof net !== 'function') throw new ValueError(`warm_up(): net must be callable, got ${typeof net}`);
  if (options.loss !== undefined && typeof options.loss !== 'function') {
    throw new ValueError(`warm_up(): loss must be a function of the net's output, got ${typeof options.loss}`);
  }
  if (options.optimizer !== undefined && options.loss === undefined) {
    throw new ValueError('warm_up(): an optimizer takes no step without a loss');
  }
  return options;
}

type Restore = () => void;

function keepingEverything(
  net: WarmUpNet<never, unknown>,
  optimizer: WarmUpOptimizer | undefined,
  run: () => void,
): void {
  const groups = optimizer?.param_groups ?? [];
  const params = new Set([...(net.parameters?.() ?? []), ...groups.flatMap((group) => group.params)]);
  const restores = [
    ...[...params].map(keepGradient),
    ...[...params, ...(net.buffers?.() ?? [])].map(keepTensor),
    ...(optimizer === undefined ? [] : [keepState(optimizer), keepFields(optimizer), ...groups.map(keepFields)]),
  ];
  const [generator, gpuDraws] = [default_generator.bytes(), gpuGenerator().bytes()];
  try {
    keepingContents(run);
  } finally {
    withGradMode(false, () => {
      for (const restore of restores) restore();
    });
    default_generator.setBytes(generator);
    gpuGenerator().setBytes(gpuDraws);
  }
}

/** A step begins without gradients. */
function keepGradient(param: Tensor): Restore {
  const { grad } = param;
  param.grad = null;
  return () => {
    param.grad = grad;
  };
}

/** What gpu tensors hold is kept for all of them at once. */
function keepTensor(t: Tensor): Restore {
  const elements = t.device === 'cpu' ? clone(t.detach()) : null;
  const { version } = t.versionCounter;
  return () => {
    if (elements !== null) copy_(t.detach(), elements);
    t.versionCounter.version = version;
  };
}

/** The fields of an object, not what they refer to. */
function keepFields(object: object): Restore {
  const before = { ...object };
  return () => {
    for (const key of Object.keys(object)) if (!Object.hasOwn(before, key)) Reflect.deleteProperty(object, key);
    Object.assign(object, before);
  };
}

function keepState({ state }: WarmUpOptimizer): Restore {
  const before = [...state];
  const restores = before.flatMap(([, entry]) => [
    keepFields(entry),
    ...Object.values(entry).flatMap((value) => (value instanceof Tensor ? [keepTensor(value)] : [])),
  ]);
  return () => {
    state.clear();
    for (const [param, entry] of before) state.set(param, entry);
    for (const restore of restores) restore();
  };
}
