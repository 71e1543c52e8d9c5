import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';
import { checkGiven } from './arguments.js';

type Size = number | readonly number[];

export interface UnfoldOptions {
  readonly kernel_size?: Size;
  readonly dilation?: Size;
  readonly padding?: Size;
  readonly stride?: Size;
}

const WINDOW = ['kernel_size', 'dilation', 'padding', 'stride'];

/** What places windows on an image; the sizes themselves are checked where they are used. */
abstract class Windows extends Module {
  kernel_size: Size;
  dilation: Size;
  padding: Size;
  stride: Size;

  constructor(layer: string, [kernel_size, dilation, padding, stride]: readonly unknown[]) {
    super();
    this.kernel_size = checkGiven(layer, 'kernel_size', kernel_size) as Size;
    this.dilation = (dilation ?? 1) as Size;
    this.padding = (padding ?? 0) as Size;
    this.stride = (stride ?? 1) as Size;
  }

  override extra_repr(): string {
    return WINDOW.map((key) => `${key}=${show(this[key as 'stride'])}`).join(', ');
  }
}

/** The windows of `[N, C, H, W]` as columns `[N, C · kh · kw, L]`. https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html */
export class Unfold extends Windows {
  constructor(
    ...args: [
      kernel_size: Size | UnfoldOptions,
      dilation?: Size | UnfoldOptions,
      padding?: Size | UnfoldOptions,
      stride?: Size | UnfoldOptions,
    ]
  ) {
    super('Unfold', bindArguments('Unfold', WINDOW, args));
  }

  override forward(input: Tensor): Tensor {
    return functional.unfold(input, this.kernel_size, this.dilation, this.padding, this.stride);
  }
}

export interface FoldOptions extends UnfoldOptions {
  readonly output_size?: Size;
}

/** Columns added up to the image `[N, C, …output_size]` of their windows. https://pytorch.org/docs/stable/generated/torch.nn.Fold.html */
export class Fold extends Windows {
  output_size: Size;

  constructor(
    ...args: [
      output_size: Size | FoldOptions,
      kernel_size?: Size | FoldOptions,
      dilation?: Size | FoldOptions,
      padding?: Size | FoldOptions,
      stride?: Size | FoldOptions,
    ]
  ) {
    const [output_size, ...windows] = bindArguments('Fold', ['output_size', ...WINDOW], args);
    super('Fold', windows);
    this.output_size = checkGiven('Fold', 'output_size', output_size) as Size;
  }

  override forward(input: Tensor): Tensor {
    const { output_size, kernel_size, dilation, padding, stride } = this;
    return functional.fold(input, output_size, kernel_size, dilation, padding, stride);
  }

  override extra_repr(): string {
    return `output_size=${show(this.output_size)}, ${super.extra_repr()}`;
  }
}
