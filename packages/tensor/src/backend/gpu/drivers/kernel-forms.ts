/**
 * In which form a kernel is compiled. Sizes in the text let the shader's compiler do most, but each shape is a kernel of its own;
 * as arguments they serve all shapes. A kernel and its like of other shapes are a family: its first shapes get kernels of their
 * own, and so does, later, a shape that keeps coming back; all others share one.
 */
import type { SizesChoice } from '../config.js';
import type { KernelSource } from '../driver.js';
import { Memo } from '../kernels/memo.js';
import { literalSizes, namedSizes, sizeName } from '../kernels/sizes.js';
import { type KernelForm, kernelKey } from './kernel-text.js';

/** When shapes of a family get kernels of their own. */
interface ShapeLimits {
  /** So many shapes do at once, … */
  first: number;
  /** … another one when it has come so often, … */
  uses: number;
  /** … up to so many in all. */
  most: number;
}

/** By what `TORCHLET_GPU_SIZES` says. */
const LIMITS: Readonly<Record<SizesChoice, ShapeLimits>> = {
  auto: { first: 3, uses: 100, most: 16 },
  text: { first: Infinity, uses: 0, most: Infinity },
  arguments: { first: 0, uses: Infinity, most: 0 },
};

const limits: ShapeLimits = { ...LIMITS.auto };

/** Where sizes go from now on. Tests change single limits. */
export function limitShapes(choice: SizesChoice, changes: Partial<ShapeLimits> = {}): void {
  Object.assign(limits, LIMITS[choice], changes);
}

/** Families, and shapes of each, whose uses are remembered. */
const MOST_REMEMBERED = 1024;

/** What a source says, apart from its sizes. */
interface Family {
  readonly key: string;
  /** By their sizes: the shapes with kernels of their own, and how often others have come. */
  readonly own: Set<string>;
  readonly uses: Map<string, number>;
}

/** How to run a source. */
export interface ChosenForm {
  /** Equal for two sources that run in the same kernel. */
  readonly key: string;
  /** What to compile. */
  readonly form: () => KernelForm;
  /** Values of the integers. */
  readonly sizes: readonly number[];
}

/** A source, read once. */
interface Reading {
  readonly family: Family;
  readonly shape: string;
  readonly own: ChosenForm;
  readonly shared: ChosenForm;
}

let expecting = false;

/** While it runs, every shape counts as one that will come back. */
export function expectShapes<R>(run: () => R): R {
  const before = expecting;
  expecting = true;
  try {
    return run();
  } finally {
    expecting = before;
  }
}

export class KernelForms {
  private readonly families = new Map<string, Family>();
  /** Of sources, and of their texts: many a source is written again for each call. */
  private readonly readings = new WeakMap<KernelSource, Reading>();
  private readonly texts = new Memo<Reading>(MOST_REMEMBERED);

  /** @param resizes whether a compiled kernel takes other sizes than those it was compiled with */
  constructor(private readonly resizes: boolean) {}

  choose(source: KernelSource): ChosenForm {
    let reading = this.readings.get(source);
    if (reading === undefined) {
      const outputs = this.resizes ? '' : source.outputs;
      reading = this.texts.get(`${outputs}\n${kernelKey(source)}`, () => this.read(source));
      this.readings.set(source, reading);
    }
    return reading.shared.sizes.length === 0 || this.getsOwn(reading) ? reading.own : reading.shared;
  }

  private read(source: KernelSource): Reading {
    if (!this.resizes) return this.unsized(source);
    const { text, values } = namedSizes(source.body);
    const shared: KernelForm = { ...source, body: text, integers: values.map((_, i) => sizeName(i)) };
    const family = this.familyOf(kernelKey(shared));
    const shape = values.join();
    return {
      family,
      shape,
      own: {
        key: `${shape}\n${family.key}`,
        form: () => ({ ...source, body: literalSizes(source.body) }),
        sizes: [],
      },
      shared: { key: family.key, form: () => shared, sizes: values },
    };
  }

  /** For a device that compiles a kernel for each size of its output. */
  private unsized(source: KernelSource): Reading {
    const form: KernelForm = { ...source, body: literalSizes(source.body) };
    const family = this.familyOf(`${source.outputs}\n${kernelKey(form)}`);
    const own: ChosenForm = { key: family.key, form: () => form, sizes: [] };
    return { family, shape: '', own, shared: own };
  }

  private familyOf(key: string): Family {
    let family = this.families.get(key);
    if (family === undefined) {
      // what is in use comes back at once
      if (this.families.size >= MOST_REMEMBERED) this.families.clear();
      family = { key, own: new Set(), uses: new Map() };
      this.families.set(key, family);
    }
    return family;
  }

  private getsOwn({ family: { own, uses }, shape }: Reading): boolean {
    if (own.has(shape)) return true;
    const { first, uses: often, most } = limits;
    const count = (uses.get(shape) ?? 0) + 1;
    if (expecting || own.size < first || (own.size < most && count > often)) {
      // those that came first are the least likely to come back; their kernels are still found by their text
      if (own.size >= MOST_REMEMBERED) own.delete(own.values().next().value as string);
      own.add(shape);
      uses.delete(shape);
      return true;
    }
    if (uses.size >= MOST_REMEMBERED) uses.clear();
    uses.set(shape, count);
    return false;
  }
}
