/** How many multiplications by weights, each with its addition, a layer makes in one call. */
import { Tensor } from '@torchlet/tensor';
import { MultiheadAttention } from './layers/attention.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './layers/batchnorm.js';
import { Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d } from './layers/conv.js';
import { Embedding } from './layers/embedding.js';
import { LayerNorm, RMSNorm } from './layers/layer-norm.js';
import { Linear } from './layers/linear.js';
import { PReLU } from './layers/more-activation.js';
import { GroupNorm } from './layers/normalization.js';
import { RNNBase } from './layers/recurrent/base.js';
import { RNNCellBase } from './layers/recurrent/cell.js';
import type { AnyModule } from './module.js';

/** Layers whose parameters scale or pick elements, which is not counted. */
const ELEMENTWISE = [BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm, LayerNorm, RMSNorm, Embedding, PReLU] as const;

/** A module's own multiply-adds without its children's; null for parameters whose use is unknown. */
export function multiplyAdds(module: AnyModule, args: readonly unknown[], output: unknown): number | null {
  const result = (Array.isArray(output) ? output[0] : output) as unknown;
  const [input] = args;
  if (input instanceof Tensor && result instanceof Tensor) {
    const count = ofLayer(module, args as readonly Tensor[], result);
    if (count !== null) return count;
  }
  return [...module._parameters.values()].every((param) => param === null) ? 0 : null;
}

function ofLayer(module: AnyModule, args: readonly Tensor[], output: Tensor): number | null {
  const [input] = args;
  if (module instanceof Linear) return output.numel() * module.in_features;
  // every weight is used once for each position: of the output, or of a transposed convolution's input
  if (module instanceof Conv1d || module instanceof Conv2d)
    return (output.numel() / module.out_channels) * module.weight.numel();
  if (module instanceof ConvTranspose1d || module instanceof ConvTranspose2d)
    return (input.numel() / module.in_channels) * module.weight.numel();
  if (module instanceof RNNBase || module instanceof RNNCellBase)
    return (input.numel() / module.input_size) * matrixElements(module);
  if (module instanceof MultiheadAttention) return ofAttention(module, args);
  return ELEMENTWISE.some((type) => module instanceof type) ? 0 : null;
}

/** The elements of the weights, each used once for each step of each sequence. */
function matrixElements(module: AnyModule): number {
  let count = 0;
  for (const param of module._parameters.values()) if (param !== null && param.ndim === 2) count += param.numel();
  return count;
}

/** Projections of queries, keys and values, and twice every pair of positions: scores, then weighted values. */
function ofAttention(module: MultiheadAttention, [query, key, value]: readonly Tensor[]): number {
  const { embed_dim, kdim, vdim, batch_first } = module;
  const batch = query.ndim === 3 ? query.shape[batch_first ? 0 : 1] : 1;
  const positions = (x: Tensor): number => x.shape[x.ndim === 3 && batch_first ? 1 : 0];
  const [targets, sources] = [positions(query), positions(key)];
  const attended = sources + (module.bias_k === null ? 0 : 1) + (module.add_zero_attn ? 1 : 0);
  // the result's projection is a child of its own
  const projections = targets * embed_dim + sources * kdim + positions(value) * vdim;
  return batch * embed_dim * (projections + 2 * targets * attended);
}
