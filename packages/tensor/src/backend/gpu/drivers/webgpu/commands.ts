/**
 * Commands for the thread of the device, written as numbers: a batch costs one message and one transfer whatever stands in
 * it. Kernels' texts and elements travel beside the numbers, in the order in which these refer to them.
 */
import type { ArrayId } from '../../driver.js';
import type { KernelId } from '../kernel-ids.js';
import type { KernelForm } from '../kernel-text.js';

export interface Batch {
  readonly words: Float64Array;
  readonly forms: readonly KernelForm[];
  readonly data: readonly Float32Array[];
}

const Code = { upload: 0, define: 1, forget: 2, run: 3, free: 4, emptyCache: 5, download: 6, synchronize: 7 } as const;

/** What carries commands out, one after the other. */
export interface Executor {
  upload(id: ArrayId, data: Float32Array): Promise<void>;
  define(id: KernelId, form: KernelForm): void;
  forget(id: KernelId): void;
  /** `numbers` are the scalars and the integers. */
  run(
    id: KernelId,
    outputs: number,
    arrays: readonly ArrayId[],
    numbers: readonly number[],
    out: ArrayId,
  ): Promise<void>;
  free(id: ArrayId): void;
  emptyCache(): void;
  /** The two that are answered. */
  download(id: ArrayId): Promise<void>;
  synchronize(): Promise<void>;
}

export class BatchWriter {
  private words: number[] = [];
  private forms: KernelForm[] = [];
  private data: Float32Array[] = [];
  /** Commands since the last {@link take}. */
  count = 0;
  /** Bytes of elements among them. */
  bytes = 0;

  /** The elements are the batch's from here on. */
  upload(id: ArrayId, data: Float32Array): void {
    this.data.push(data);
    this.bytes += data.byteLength;
    this.write(Code.upload, id);
  }

  define(id: KernelId, form: KernelForm): void {
    this.forms.push(form);
    this.write(Code.define, id);
  }

  forget(id: KernelId): void {
    this.write(Code.forget, id);
  }

  run(id: KernelId, outputs: number, arrays: readonly ArrayId[], numbers: readonly number[], out: ArrayId): void {
    const { words } = this;
    words.push(Code.run, id, outputs, out, arrays.length);
    for (const array of arrays) words.push(array);
    words.push(numbers.length);
    for (const number of numbers) words.push(number);
    this.count++;
  }

  free(id: ArrayId): void {
    this.write(Code.free, id);
  }

  emptyCache(): void {
    this.write(Code.emptyCache);
  }

  download(id: ArrayId): void {
    this.write(Code.download, id);
  }

  synchronize(): void {
    this.write(Code.synchronize);
  }

  private write(...words: number[]): void {
    this.words.push(...words);
    this.count++;
  }

  /** The commands so far, which are forgotten here. */
  take(): Batch {
    const batch = { words: new Float64Array(this.words), forms: this.forms, data: this.data };
    this.words = [];
    this.forms = [];
    this.data = [];
    this.count = this.bytes = 0;
    return batch;
  }
}

/** Carries a batch out; ends early when `stopped` says so. */
export async function execute(batch: Batch, executor: Executor, stopped: () => boolean): Promise<void> {
  const { words } = batch;
  const [forms, data] = [batch.forms.values(), batch.data.values()];
  let at = 0;
  const next = (): number => words[at++];
  const list = (): number[] => {
    const numbers: number[] = [];
    for (let left = next(); left > 0; left--) numbers.push(next());
    return numbers;
  };
  while (at < words.length && !stopped()) {
    const code = next();
    if (code === Code.upload) await executor.upload(next(), data.next().value as Float32Array);
    else if (code === Code.define) executor.define(next(), forms.next().value as KernelForm);
    else if (code === Code.forget) executor.forget(next());
    else if (code === Code.run) {
      const [id, outputs, out] = [next(), next(), next()];
      const arrays = list();
      await executor.run(id, outputs, arrays, list(), out);
    } else if (code === Code.free) executor.free(next());
    else if (code === Code.emptyCache) executor.emptyCache();
    else if (code === Code.download) await executor.download(next());
    else await executor.synchronize();
  }
}
