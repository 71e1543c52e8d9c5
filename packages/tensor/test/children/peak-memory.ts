/**
 * `save PATH MIB` makes a checkpoint of so many mebibytes and saves it, `load PATH` loads it. Prints how much more memory
 * than before the process took at most, in mebibytes; the tensors that a load makes count.
 */
import { arange, load, save, type Tensor } from '../../src/index.js';

const [, , what, path, size] = process.argv;
const peak = (): number => process.resourceUsage().maxRSS / 1024;
/** Mebibytes of each tensor. */
const EACH = 16;

if (what === 'save') {
  const tensors = Array.from({ length: Number(size) / EACH }, (_, i) => {
    const dtype = (['float32', 'float64', 'int64'] as const)[i % 3];
    return arange((EACH * 2 ** 20) / (dtype === 'float32' ? 4 : 8), { dtype });
  });
  const before = peak();
  save(tensors, path);
  console.log(peak() - before);
} else {
  const before = process.memoryUsage().rss / 2 ** 20;
  const tensors = load<Tensor[]>(path);
  const last = tensors.map((t) => t.index(-1).item());
  console.log(peak() - before, last.every((x) => x > 2 ** 20) ? 'whole' : 'broken');
}
