/**
 * Operations that compute on the host on every device, because their result's size or their course depends on the elements. On
 * the gpu each is a counted transfer, under the name that stands here; the page of supported names prints this list.
 */
export const HOST_OPS = [
  'bincount',
  'bucketize',
  'embedding with max_norm or sparse',
  'equal',
  'index',
  'index_fill',
  'multinomial',
  'nonzero',
  'one_hot',
  'repeat_interleave',
  'scatter with reduce',
  'searchsorted',
  'take',
  'unique',
  'unique_consecutive',
] as const;

export type HostOp = (typeof HOST_OPS)[number];
