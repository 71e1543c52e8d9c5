import { type AnyModule, Module, modules } from '@torchlet/nn';
import { type Device, no_grad, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments } from '@torchlet/tensor/internal';
import { typename } from '../options.js';

const { _BatchNorm } = modules.batchnorm;
type BatchNorm = InstanceType<typeof _BatchNorm>;

export interface UpdateBnOptions {
  /** Where the batches are moved before the model sees them. */
  readonly device?: Device | null;
}

/**
 * Computes the running statistics of a model's batch normalizations afresh, as plain means over the batches of `loader`:
 * averaged weights have activations that no training step has seen. A batch is a tensor, or an array with the model's
 * input first. https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html
 */
export function update_bn(loader: Iterable<unknown>, model: AnyModule, device?: Device | null | UpdateBnOptions): void {
  const [place] = bindArguments('update_bn', ['device'], [device]);
  if (!(model instanceof Module)) {
    throw new ValueError(`update_bn(): argument 'model' must be a Module, got ${typename(model)}`);
  }
  const norms = [...model.modules()].filter((module): module is BatchNorm => module instanceof _BatchNorm);
  if (norms.length === 0) return;
  const before = { momenta: norms.map(({ momentum }) => momentum), training: model.training };
  for (const norm of norms) {
    norm.reset_running_stats();
    // null: all batches count the same
    norm.momentum = null;
  }
  model.train();
  try {
    no_grad(() => {
      for (const batch of loader) (model as Module)(inputOf(batch, (place ?? null) as Device | null));
    });
  } finally {
    norms.forEach((norm, i) => {
      norm.momentum = before.momenta[i];
    });
    model.train(before.training);
  }
}

function inputOf(batch: unknown, device: Device | null): Tensor {
  const input: unknown = Array.isArray(batch) ? batch[0] : batch;
  if (!(input instanceof Tensor)) {
    throw new ValueError(
      `update_bn(): expected batches of Tensors, or arrays that begin with one, got ${typename(input)}`,
    );
  }
  return device === null ? input : input.to(device);
}
