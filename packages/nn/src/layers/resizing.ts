import { functional, type Tensor } from '@torchlet/tensor';
import { bindArguments, checkInteger } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { float, show } from '../repr.js';
import { checkGiven } from './arguments.js';

interface PixelShuffleOptions {
  readonly upscale_factor?: number;
}

/** `[…, C · r², H, W]` as `[…, C, H · r, W · r]`. https://pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html */
export class PixelShuffle extends Module {
  upscale_factor: number;

  constructor(...args: [upscale_factor: number | PixelShuffleOptions]) {
    super();
    const [factor] = bindArguments('PixelShuffle', ['upscale_factor'], args);
    this.upscale_factor = checkInteger('PixelShuffle', 'upscale_factor', factor, 1);
  }

  override forward(input: Tensor): Tensor {
    return functional.pixel_shuffle(input, this.upscale_factor);
  }

  override extra_repr(): string {
    return `upscale_factor=${this.upscale_factor}`;
  }
}

interface PixelUnshuffleOptions {
  readonly downscale_factor?: number;
}

/** The reverse of {@link PixelShuffle}. https://pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html */
export class PixelUnshuffle extends Module {
  downscale_factor: number;

  constructor(...args: [downscale_factor: number | PixelUnshuffleOptions]) {
    super();
    const [factor] = bindArguments('PixelUnshuffle', ['downscale_factor'], args);
    this.downscale_factor = checkInteger('PixelUnshuffle', 'downscale_factor', factor, 1);
  }

  override forward(input: Tensor): Tensor {
    return functional.pixel_unshuffle(input, this.downscale_factor);
  }

  override extra_repr(): string {
    return `downscale_factor=${this.downscale_factor}`;
  }
}

export interface UnflattenOptions {
  readonly dim?: number;
  readonly unflattened_size?: readonly number[];
}

/** One dimension as several. https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html */
export class Unflatten extends Module {
  dim: number;
  unflattened_size: number[];

  constructor(...args: [dim: number | UnflattenOptions, unflattened_size?: readonly number[] | UnflattenOptions]) {
    super();
    const [d, size] = bindArguments('Unflatten', ['dim', 'unflattened_size'], args);
    this.dim = checkInteger('Unflatten', 'dim', checkGiven('Unflatten', 'dim', d));
    const sizes = checkGiven('Unflatten', 'unflattened_size', size) as readonly number[];
    this.unflattened_size = sizes.map((n) => checkInteger('Unflatten', 'unflattened_size', n, -1));
  }

  override forward(input: Tensor): Tensor {
    return input.unflatten(this.dim, this.unflattened_size);
  }

  override extra_repr(): string {
    return `dim=${this.dim}, unflattened_size=${show(this.unflattened_size)}`;
  }
}

export type UpsampleMode = 'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear';

export interface UpsampleOptions {
  readonly size?: number | readonly number[] | null;
  readonly scale_factor?: number | readonly number[] | null;
  readonly mode?: UpsampleMode;
  readonly align_corners?: boolean | null;
  readonly recompute_scale_factor?: boolean | null;
}

/**
 * `[N, C, …]` resized to `size`, or by `scale_factor`. https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 */
export class Upsample extends Module {
  size: number | readonly number[] | null;
  scale_factor: number | readonly number[] | null;
  mode: UpsampleMode;
  align_corners: boolean | null;
  recompute_scale_factor: boolean | null;

  constructor(
    ...given: [
      size?: number | readonly number[] | null | UpsampleOptions,
      scale_factor?: number | readonly number[] | null | UpsampleOptions,
      mode?: UpsampleMode | UpsampleOptions,
      align_corners?: boolean | null | UpsampleOptions,
      recompute_scale_factor?: boolean | null | UpsampleOptions,
    ]
  ) {
    super();
    const names = ['size', 'scale_factor', 'mode', 'align_corners', 'recompute_scale_factor'];
    const args = bindArguments('Upsample', names, given);
    this.size = (args[0] ?? null) as number | readonly number[] | null;
    this.scale_factor = (args[1] ?? null) as number | readonly number[] | null;
    this.mode = (args[2] ?? 'nearest') as UpsampleMode;
    this.align_corners = (args[3] ?? null) as boolean | null;
    this.recompute_scale_factor = (args[4] ?? null) as boolean | null;
  }

  override forward(input: Tensor): Tensor {
    const { size, scale_factor, mode, align_corners, recompute_scale_factor } = this;
    return functional.interpolate(input, { size, scale_factor, mode, align_corners, recompute_scale_factor });
  }

  override extra_repr(): string {
    const { scale_factor } = this;
    const factors = Array.isArray(scale_factor)
      ? `(${scale_factor.map(float).join(', ')})`
      : float(Number(scale_factor));
    return `${scale_factor === null ? `size=${show(this.size)}` : `scale_factor=${factors}`}, mode='${this.mode}'`;
  }
}
