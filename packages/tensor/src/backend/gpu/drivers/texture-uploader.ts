/** Arrays on a GPU that gpu.js drives through WebGL: textures, which only kernels make. */
import { DeviceError } from '../../../errors.js';
import type { GpuMode } from '../config.js';
import { checkMode, type GpuJs, type GpuJsKernel, isTexture, reason, type Texture } from './gpu-js.js';
import { kernelSettings, kernelText } from './kernel-text.js';

const COPY = { op: 'upload', parameters: ['a'], outputs: 1, body: 'return a[this.thread.x];' };

/** `UNMASKED_RENDERER_WEBGL` of the extension WEBGL_debug_renderer_info. */
const UNMASKED_RENDERER = 0x9246;

export class TextureUploader {
  private readonly kernel: GpuJsKernel;

  constructor(
    private readonly gpu: GpuJs,
    private readonly mode: GpuMode,
  ) {
    this.kernel = gpu.createKernel(kernelText(COPY), kernelSettings(COPY, 'Array'));
    // makes the context, and finds out whether it works
    this.upload(new Float32Array(1)).delete();
  }

  upload(data: Float32Array): Texture {
    let result: unknown;
    try {
      this.kernel.setOutput([data.length]);
      result = this.kernel(data);
    } catch (cause) {
      throw new DeviceError(`upload(): the gpu device takes no array of ${data.byteLength} bytes: ${reason(cause)}`, {
        cause,
      });
    }
    checkMode('upload', this.kernel, this.mode);
    if (!isTexture(result)) throw new DeviceError('upload(): gpu.js returned no texture');
    return result;
  }

  /** What the graphics driver calls the GPU. */
  rendererName(): string {
    const { context } = this.gpu;
    const known = context?.getExtension('WEBGL_debug_renderer_info') ?? null;
    return String(
      context?.getParameter(known === null ? context.RENDERER : UNMASKED_RENDERER) ?? 'a GPU without a name',
    );
  }

  /** Waits until the GPU has done everything. */
  finish(): void {
    this.gpu.context?.finish();
  }
}
