import type { Tensor } from '@torchlet/tensor';

/**
 * Numbers that are read one by one here and that users see as a tensor. The tensor is made when it is first asked
 * for; from then on it is what counts, and its values are read again whenever it was changed or replaced.
 */
export class HostCopy {
  private shown: Tensor | null = null;
  /** The state of `shown` that `copy` holds. */
  private version = 0;

  constructor(
    private copy: ArrayLike<number>,
    private readonly ownShape: readonly number[],
    private readonly make: (values: ArrayLike<number>) => Tensor,
  ) {}

  get shape(): readonly number[] {
    return this.shown?.shape ?? this.ownShape;
  }

  /** All values in row-major order. */
  get values(): ArrayLike<number> {
    if (this.shown !== null && this.shown._version !== this.version) this.read(this.shown);
    return this.copy;
  }

  get tensor(): Tensor {
    if (this.shown === null) {
      this.shown = this.make(this.copy);
      this.version = this.shown._version;
    }
    return this.shown;
  }

  set tensor(tensor: Tensor) {
    this.shown = tensor;
    this.read(tensor);
  }

  private read(tensor: Tensor): void {
    this.copy = tensor.flatten().tolist() as number[];
    this.version = tensor._version;
  }
}
