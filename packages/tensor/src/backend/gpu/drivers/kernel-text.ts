/** A kernel source in the form that gpu.js takes. */
import type { KernelSource } from '../driver.js';
import type { ArgumentType, GpuJsKernelSettings } from './gpu-js.js';

/** Far above every loop: gpu.js would stop at 1,000. */
const LOOP_MAX_ITERATIONS = 2 ** 31 - 1;

/** The function that gpu.js compiles. */
export const kernelText = (source: KernelSource): string =>
  `function (${[...source.parameters, ...(source.scalars ?? [])].join(', ')}) {\n${source.body}\n}`;

/** Tells kernels apart: equal for two sources that compile to the same kernel. */
export const kernelKey = (source: KernelSource): string =>
  [source.outputs, kernelText(source), ...(source.functions ?? [])].join('\n');

/** `arrayType` says what the arrays are, in gpu.js's words. */
export function kernelSettings(source: KernelSource, arrayType: ArgumentType): GpuJsKernelSettings {
  const types = (names: readonly string[], type: ArgumentType) => names.map((name) => [name, type] as const);
  return {
    output: [source.outputs],
    argumentTypes: Object.fromEntries([
      ...types(source.parameters, arrayType),
      ...types(source.scalars ?? [], 'Float'),
    ]),
    pipeline: true,
    immutable: true,
    precision: 'single',
    dynamicArguments: true,
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
