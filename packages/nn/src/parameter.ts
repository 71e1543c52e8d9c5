import { Tensor, tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean, registerParameterType } from '@torchlet/tensor/internal';
import { typename } from './typename.js';

export interface ParameterOptions {
  readonly data?: Tensor | null;
  readonly requires_grad?: boolean;
}

/**
 * A tensor that is to be learned: as a field of a module it is one of its `parameters()`. It shares the memory of `data`
 * and is a leaf of the graph. https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 * @throws ValueError when `data` is no tensor, DTypeError when gradients are wanted of integers.
 */
export class Parameter extends Tensor {
  /** @internal Tells the type from Tensor's, which it would equal otherwise. */
  declare protected readonly _is_param: true;

  constructor(data?: Tensor | null | ParameterOptions, requires_grad?: boolean | ParameterOptions) {
    const names = ['data', 'requires_grad'];
    const [given, wanted] = bindArguments('Parameter', names, [data, requires_grad]);
    const source = given ?? tensor([]);
    if (!(source instanceof Tensor)) {
      throw new ValueError(`Parameter(): argument 'data' must be Tensor, not ${typename(source)}`);
    }
    super(source.storage, source.shape, source.strides, source.offset);
    this.versionCounter = source.versionCounter;
    this.requires_grad = checkBoolean('Parameter', 'requires_grad', wanted ?? true);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}

// a checkpoint that holds Parameters is read as such
registerParameterType({
  isParameter: (x) => x instanceof Parameter,
  makeParameter: (data, requires_grad) => new Parameter(data, requires_grad),
});
