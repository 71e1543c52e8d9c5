export { type Collated, default_collate, default_convert } from './collate.js';
export { DataLoader, type DataLoaderOptions } from './data-loader.js';
export { ConcatDataset, Dataset, type DatasetLike } from './dataset.js';
export * as datasets from './datasets/index.js';
export { type IdxArray, type IdxContents, parseIdx } from './idx.js';
export {
  BatchSampler,
  RandomSampler,
  type RandomSamplerOptions,
  Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type WeightedRandomSamplerOptions,
} from './sampler.js';
export type { Sized } from './sized.js';
export { type RandomSplitOptions, random_split, Subset } from './subset.js';
export { TensorDataset } from './tensor-dataset.js';
