import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { float, show } from '../repr.js';
import { checkGiven } from './arguments.js';

/** A width for all sides, or one for each: left, right (, top, bottom). */
export type PadWidth = number | readonly number[];

interface PadOptions {
  readonly padding?: PadWidth;
}

/** What the padding layers share. */
abstract class Pad extends Module {
  padding: number[];

  constructor(sides: number, value: unknown) {
    super();
    const layer = this._get_name();
    const given = checkGiven(layer, 'padding', value);
    const list: unknown[] = Array.isArray(given) ? given : new Array<unknown>(sides).fill(given);
    this.padding = list.map((width) => checkInteger(layer, 'padding', width));
  }

  override extra_repr(): string {
    return show(this.padding);
  }
}

const paddingOf = (layer: string, given: readonly unknown[]): unknown => bindArguments(layer, ['padding'], given)[0];

/** Zeros around `[…, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html */
export class ZeroPad2d extends Pad {
  constructor(...args: [padding: PadWidth | PadOptions]) {
    super(4, paddingOf('ZeroPad2d', args));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'constant', 0);
  }
}

interface ConstantPadOptions extends PadOptions {
  readonly value?: number;
}

/** `value` around `[…, L]`. https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html */
export class ConstantPad1d extends Pad {
  value: number;

  constructor(...args: [padding: PadWidth | ConstantPadOptions, value?: number | ConstantPadOptions]) {
    const [sides, fill] = bindArguments('ConstantPad1d', ['padding', 'value'], args);
    super(2, sides);
    this.value = checkNumber('ConstantPad1d', 'value', checkGiven('ConstantPad1d', 'value', fill));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'constant', this.value);
  }

  override extra_repr(): string {
    return `padding=${show(this.padding)}, value=${float(this.value)}`;
  }
}

/** `value` around `[…, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html */
export class ConstantPad2d extends Pad {
  value: number;

  constructor(...args: [padding: PadWidth | ConstantPadOptions, value?: number | ConstantPadOptions]) {
    const [sides, fill] = bindArguments('ConstantPad2d', ['padding', 'value'], args);
    super(4, sides);
    this.value = checkNumber('ConstantPad2d', 'value', checkGiven('ConstantPad2d', 'value', fill));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'constant', this.value);
  }

  override extra_repr(): string {
    return `padding=${show(this.padding)}, value=${float(this.value)}`;
  }
}

/** `[…, L]` mirrored at its ends. https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html */
export class ReflectionPad1d extends Pad {
  constructor(...args: [padding: PadWidth | PadOptions]) {
    super(2, paddingOf('ReflectionPad1d', args));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'reflect');
  }
}

/** `[…, H, W]` mirrored at its border. https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html */
export class ReflectionPad2d extends Pad {
  constructor(...args: [padding: PadWidth | PadOptions]) {
    super(4, paddingOf('ReflectionPad2d', args));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'reflect');
  }
}

/** The ends of `[…, L]` repeated. https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html */
export class ReplicationPad1d extends Pad {
  constructor(...args: [padding: PadWidth | PadOptions]) {
    super(2, paddingOf('ReplicationPad1d', args));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'replicate');
  }
}

/** The border of `[…, H, W]` repeated. https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html */
export class ReplicationPad2d extends Pad {
  constructor(...args: [padding: PadWidth | PadOptions]) {
    super(4, paddingOf('ReplicationPad2d', args));
  }

  override forward(input: Tensor): Tensor {
    return functional.pad(input, this.padding, 'replicate');
  }
}
