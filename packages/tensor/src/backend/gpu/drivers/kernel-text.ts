/** A kernel in the form that gpu.js takes. */
import type { GpuMode } from '../config.js';
import type { KernelSource } from '../driver.js';
import type { ArgumentType, GpuJsKernelSettings } from './gpu-js.js';

/** Far above every loop: gpu.js would stop at 1,000. */
const LOOP_MAX_ITERATIONS = 2 ** 31 - 1;

/** A kernel as it is compiled: no size in its body is marked. */
export interface KernelForm extends KernelSource {
  /** Names of the sizes that are arguments, behind the scalars: 32-bit integers. */
  readonly integers?: readonly string[];
}

/** The function that gpu.js compiles. */
export const kernelText = ({ parameters, scalars = [], integers = [], body }: KernelForm): string =>
  `function (${[...parameters, ...scalars, ...integers].join(', ')}) {\n${body}\n}`;

/** Tells kernels apart: equal for two that compile to the same, for outputs of any size. */
export const kernelKey = (form: KernelForm): string =>
  [form.lanes ?? 1, kernelText(form), ...(form.functions ?? [])].join('\n');

/** Threads that make so many outputs. */
export const threadsFor = (outputs: number, { lanes = 1 }: KernelSource): number => Math.ceil(outputs / lanes);

/** Elements that a kernel writes: its outputs, and what its last thread returns too much. */
export const elementsFor = (outputs: number, source: KernelSource): number =>
  threadsFor(outputs, source) * (source.lanes ?? 1);

/** Whether a compiled kernel takes another size of output, and integers that it has not seen; `webasm` compiles it anew. */
export const resizes = (mode: GpuMode): boolean => mode !== 'webasm';

/** `arrayType` says what the arrays are, in gpu.js's words. */
export function kernelSettings(source: KernelForm, arrayType: ArgumentType): GpuJsKernelSettings {
  const types = (names: readonly string[], type: ArgumentType) => names.map((name) => [name, type] as const);
  return {
    output: [threadsFor(source.outputs, source)],
    argumentTypes: Object.fromEntries([
      ...types(source.parameters, arrayType),
      ...types(source.scalars ?? [], 'Float'),
      ...types(source.integers ?? [], 'Integer'),
    ]),
    pipeline: true,
    immutable: true,
    precision: 'single',
    dynamicArguments: true,
    dynamicOutput: true,
    tactic: 'precision',
    loopMaxIterations: LOOP_MAX_ITERATIONS,
    ...(source.functions === undefined ? {} : { functions: source.functions.map(functionOf) }),
  };
}

/** A helper as gpu.js takes it: all its arguments and its result are floats. */
function functionOf(source: string): { source: string; settings: { argumentTypes: string[]; returnType: 'Number' } } {
  const parameters = /\(([^)]*)\)/.exec(source)?.[1] ?? '';
  const count = parameters.trim() === '' ? 0 : parameters.split(',').length;
  return { source, settings: { argumentTypes: new Array<string>(count).fill('Number'), returnType: 'Number' } };
}
