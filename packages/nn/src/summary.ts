import { type Device, type DType, no_grad, Tensor, ValueError, zeros } from '@torchlet/tensor';
import { checkOptions } from '@torchlet/tensor/internal';
import { printsAsString } from './inspect.js';
import { type AnyModule, Module } from './module.js';
import { multiplyAdds } from './multiply-adds.js';
import type { Parameter } from './parameter.js';
import { typename } from './typename.js';

/** The size of the input, sizes of several, the input itself, or several. Sizes include the batch. */
export type SummaryInput = readonly number[] | readonly (readonly number[])[] | Tensor | readonly Tensor[];

/** What inputs that are given as sizes are made of. */
export interface SummaryOptions {
  /** float32 unless given. */
  readonly dtype?: DType;
  /** That of the first parameter unless given. */
  readonly device?: Device;
}

/** A module and what it did, without its children's part. */
export interface LayerSummary {
  /** The path, `''` for the network itself. */
  readonly path: string;
  readonly depth: number;
  /** The class's name. */
  readonly type: string;
  /** The shape of the result, or of each part of it; null for a module that was not called. */
  readonly outputShape: readonly number[] | readonly (readonly number[])[] | null;
  /** Elements of the parameters in its own fields that no layer above has. */
  readonly parameters: number;
  /** Those of `parameters` that require grad. */
  readonly trainable: number;
  /** Multiply-adds of all its calls; null when they are unknown. */
  readonly multiplyAdds: number | null;
}

/** What {@link summary} gives; it prints as a table. */
export class ModuleSummary {
  constructor(readonly layers: readonly LayerSummary[]) {}

  get totalParameters(): number {
    return sum(this.layers, (layer) => layer.parameters);
  }

  get trainableParameters(): number {
    return sum(this.layers, (layer) => layer.trainable);
  }

  /** Of the layers whose multiply-adds are known; see {@link uncounted}. */
  get totalMultiplyAdds(): number {
    return sum(this.layers, (layer) => layer.multiplyAdds ?? 0);
  }

  /** The layers whose multiply-adds are unknown. */
  get uncounted(): readonly LayerSummary[] {
    return this.layers.filter((layer) => layer.multiplyAdds === null);
  }

  toString(): string {
    const rows = [['Layer', 'Output shape', 'Parameters', 'Multiply-adds'], ...this.layers.map(cells)];
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    const lines = rows.map((row) =>
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    );
    const rule = '-'.repeat(sum(widths, (w) => w) + 2 * (widths.length - 1));
    const unknown = this.uncounted.length;
    return [
      lines[0],
      rule,
      ...lines.slice(1),
      rule,
      `Total parameters: ${grouped(this.totalParameters)}`,
      `Trainable parameters: ${grouped(this.trainableParameters)}`,
      `Multiply-adds: ${grouped(this.totalMultiplyAdds)}${unknown === 0 ? '' : `, without ${unknown} unknown (–)`}`,
    ].join('\n');
  }
}

printsAsString(ModuleSummary);

/**
 * The layers of a network with their output shapes, parameters and multiply-adds, found by one run in evaluation mode
 * without gradients: `console.log(nn.summary(net, [1, 1, 28, 28]))`. The network is afterwards as it was. PyTorch has
 * nothing like it; the package torchinfo has.
 *
 * Multiply-adds are those with weights (linear layers, convolutions, recurrent layers, attention) and between queries,
 * keys and values; additions of biases, normalization, activations, pooling and functions that a `forward` calls itself are
 * not counted. A module of an unknown class that has parameters of its own has `null`, printed `–`.
 * @throws ValueError for an input or option that is none.
 */
export function summary(net: AnyModule, input: SummaryInput, options: SummaryOptions = {}): ModuleSummary {
  if (!(net instanceof Module)) throw new ValueError(`summary(): expected a Module, got ${typename(net)}`);
  const inputs = readInputs(net, input, options);
  const modules = [...net.named_modules()];
  const modes = modules.map(([, module]) => module.training);
  const calls = new Map<AnyModule, Call>();
  const handles = modules.map(([, module]) =>
    module.register_forward_hook((_, args, output) => record(calls, module, args, output)),
  );
  try {
    net.eval();
    no_grad(() => (net as Module<Tensor[], unknown>)(...inputs));
  } finally {
    for (const handle of handles) handle.remove();
    modules.forEach(([, module], i) => {
      module.training = modes[i];
    });
  }
  const seen = new Set<Parameter>();
  return new ModuleSummary(modules.map(([path, module]) => describe(path, module, calls.get(module), seen)));
}

interface Call {
  readonly outputShape: LayerSummary['outputShape'];
  readonly multiplyAdds: number | null;
}

function record(calls: Map<AnyModule, Call>, module: AnyModule, args: readonly unknown[], output: unknown): void {
  const count = multiplyAdds(module, args, output);
  const before = calls.get(module)?.multiplyAdds;
  const total = before === undefined ? count : before === null || count === null ? null : before + count;
  calls.set(module, { outputShape: shapesOf(output), multiplyAdds: total });
}

function shapesOf(output: unknown): LayerSummary['outputShape'] {
  if (output instanceof Tensor) return output.shape;
  const parts: unknown[] = Array.isArray(output) ? output.flat(Number.POSITIVE_INFINITY) : [];
  const shapes = parts.flatMap((part) => (part instanceof Tensor ? [part.shape] : []));
  return shapes.length === 0 ? null : shapes;
}

function describe(path: string, module: AnyModule, call: Call | undefined, seen: Set<Parameter>): LayerSummary {
  const own = [...module._parameters.values()].filter((param) => param !== null && !seen.has(param)) as Parameter[];
  for (const param of own) seen.add(param);
  return {
    path,
    depth: path === '' ? 0 : path.split('.').length,
    type: module._get_name(),
    outputShape: call?.outputShape ?? null,
    parameters: sum(new Set(own), (param) => param.numel()),
    trainable: sum(new Set(own), (param) => (param.requires_grad ? param.numel() : 0)),
    // a module that is not called does nothing
    multiplyAdds: call === undefined ? 0 : call.multiplyAdds,
  };
}

function readInputs(net: AnyModule, input: SummaryInput, options: SummaryOptions): Tensor[] {
  checkOptions('summary', ['dtype', 'device'], options);
  const parts: readonly unknown[] =
    input instanceof Tensor ? [input] : Array.isArray(input) ? (isSize(input) ? [input] : input) : [];
  if (parts.length > 0 && parts.every((part) => part instanceof Tensor)) {
    if (Object.values(options).every((value) => value === undefined)) return parts as Tensor[];
    throw new ValueError('summary(): dtype and device are for inputs given as sizes, got tensors');
  }
  if (parts.length === 0 || !parts.every(isSize)) {
    throw new ValueError(`summary(): argument 'input' must be sizes or tensors, got ${typename(input)}`);
  }
  const { dtype = 'float32', device = net.parameters().next().value?.device ?? 'cpu' } = options;
  return parts.map((size) => zeros(size as number[], { dtype, device }));
}

const isSize = (x: unknown): boolean => Array.isArray(x) && x.every((n) => typeof n === 'number');

function sum<T>(list: Iterable<T>, of: (x: T) => number): number {
  let total = 0;
  for (const x of list) total += of(x);
  return total;
}

const grouped = (x: number): string => x.toLocaleString('en-US');
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function cells({ path, depth, type, outputShape, parameters, multiplyAdds }: LayerSummary): string[] {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const shapes = outputShape ?? [];
  return [
    `${'  '.repeat(depth)}${name === '' ? '' : `${name}: `}${type}`,
    isSize(shapes) && outputShape !== null
      ? shapeText(shapes as readonly number[])
      : (shapes as readonly (readonly number[])[]).map(shapeText).join(', '),
    grouped(parameters),
    multiplyAdds === null ? '–' : grouped(multiplyAdds),
  ];
}
