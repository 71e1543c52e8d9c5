/** Every parameter that PyTorch takes by position works by position and, in one trailing options object, by name. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { type Case, callCase, isTensorSpec, loadCases, makeArgs, titleOf } from './fixtures.js';

/** The parameters after the first tensor, in PyTorch's order; null: a tensor that every call has, by position only. */
const PARAMETERS: Readonly<Record<string, readonly (string | null)[]>> = {
  'torch.sum': ['dim', 'keepdim'],
  'torch.mean': ['dim', 'keepdim'],
  'torch.max': ['dim', 'keepdim'],
  'torch.min': ['dim', 'keepdim'],
  'torch.amax': ['dim', 'keepdim'],
  'torch.amin': ['dim', 'keepdim'],
  'torch.argmax': ['dim', 'keepdim'],
  'torch.argmin': ['dim', 'keepdim'],
  'torch.softmax': ['dim'],
  'torch.log_softmax': ['dim'],
  'torch.logsumexp': ['dim', 'keepdim'],
  'torch.as_strided': ['size', 'stride', 'storage_offset'],
  'torch.transpose': ['dim0', 'dim1'],
  'torch.select': ['dim', 'index'],
  'torch.narrow': ['dim', 'start', 'length'],
  'torch.squeeze': ['dim'],
  'torch.unsqueeze': ['dim'],
  'torch.flatten': ['start_dim', 'end_dim'],
  'torch.unbind': ['dim'],
  'torch.cat': ['dim'],
  'torch.stack': ['dim'],
  'torch.gather': ['dim', 'index'],
  'torch.index_select': ['dim', 'index'],
  'torch.clamp': ['min', 'max'],
  'torch.dropout': ['p', 'train'],
  'torch.logit': ['eps'],
  'torch.clamp_min': ['min'],
  'torch.clamp_max': ['max'],
  'torch.clip': ['min', 'max'],
  'torch.isclose': [null, 'rtol', 'atol', 'equal_nan'],
  'torch.allclose': [null, 'rtol', 'atol', 'equal_nan'],
  'torch.lerp': [null, 'weight'],
  'torch.nan_to_num': ['nan', 'posinf', 'neginf'],
  'torch.prod': ['dim', 'keepdim'],
  'torch.all': ['dim', 'keepdim'],
  'torch.any': ['dim', 'keepdim'],
  'torch.count_nonzero': ['dim'],
  'torch.nansum': ['dim', 'keepdim'],
  'torch.nanmean': ['dim', 'keepdim'],
  'torch.norm': ['p', 'dim', 'keepdim'],
  'torch.cumsum': ['dim'],
  'torch.cumprod': ['dim'],
  'torch.logcumsumexp': ['dim'],
  'torch.cummax': ['dim'],
  'torch.cummin': ['dim'],
  'torch.sort': ['dim', 'descending'],
  'torch.argsort': ['dim', 'descending'],
  'torch.topk': ['k', 'dim', 'largest', 'sorted'],
  'torch.kthvalue': ['k', 'dim', 'keepdim'],
  'torch.median': ['dim', 'keepdim'],
  'torch.unique': ['sorted', 'return_inverse', 'return_counts', 'dim'],
  'torch.bincount': ['weights', 'minlength'],
  'torch.bernoulli': ['p'],
  'torch.multinomial': ['num_samples', 'replacement'],
  'F.linear': [null, 'bias'],
  'F.conv2d': [null, 'bias', 'stride', 'padding', 'dilation', 'groups'],
  'F.max_pool2d': ['kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode', 'return_indices'],
  'F.avg_pool2d': ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override'],
  'F.dropout': ['p', 'training', 'inplace'],
  'F.mse_loss': [null, 'size_average', 'reduce', 'reduction'],
  'F.nll_loss': [null, 'weight', 'size_average', 'ignore_index', 'reduce', 'reduction'],
  'F.cross_entropy': [null, 'weight', 'size_average', 'ignore_index', 'reduce', 'reduction', 'label_smoothing'],
  'F.scaled_dot_product_attention': [null, null, 'attn_mask', 'dropout_p', 'is_causal', 'scale', 'enable_gqa'],
  'torch.unbind_copy': ['dim'],
  'torch.split_copy': ['split_size', 'dim'],
  'torch.split_with_sizes_copy': ['split_sizes', 'dim'],
  'torch.scatter': ['dim', 'index', 'src'],
  'torch.index_add': ['dim', 'index', 'source'],
  'torch.index_copy': ['dim', 'index', 'source'],
  'torch.index_fill': ['dim', 'index', 'value'],
  'torch.take': ['index'],
  'torch.put': ['index', 'source', 'accumulate'],
  'torch.take_along_dim': ['indices', 'dim'],
  'torch.masked_select': ['mask'],
  'torch.masked_scatter': ['mask', 'source'],
  'torch.index_put': ['indices', 'values', 'accumulate'],
  'torch.roll': ['shifts', 'dims'],
  'torch.rot90': ['k', 'dims'],
  'torch.flip': ['dims'],
  'torch.repeat_interleave': ['repeats', 'dim'],
  'torch.split': ['split_size_or_sections', 'dim'],
  'torch.chunk': ['chunks', 'dim'],
  'torch.tensor_split': ['indices_or_sections', 'dim'],
  'torch.movedim': ['source', 'destination'],
  'torch.swapaxes': ['axis0', 'axis1'],
  'torch.swapdims': ['dim0', 'dim1'],
  'Tensor.unfold': ['dimension', 'size', 'step'],
  'Tensor.unflatten': ['dim', 'sizes'],
  'torch.diagonal': ['offset', 'dim1', 'dim2'],
  'torch.diag_embed': ['offset', 'dim1', 'dim2'],
  'torch.diag': ['diagonal'],
  'torch.tril': ['diagonal'],
  'torch.triu': ['diagonal'],
  'torch.matrix_power': ['n'],
  'torch.cross': [null, 'dim'],
  'torch.tensordot': [null, 'dims'],
  'F.pad': ['pad', 'mode', 'value'],
  'F.interpolate': ['size', 'scale_factor', 'mode', 'align_corners', 'recompute_scale_factor', 'antialias'],
  'F.unfold': ['kernel_size', 'dilation', 'padding', 'stride'],
  'F.fold': ['output_size', 'kernel_size', 'dilation', 'padding', 'stride'],
  'F.one_hot': ['num_classes'],
  'F.pixel_shuffle': ['upscale_factor'],
  'F.pixel_unshuffle': ['downscale_factor'],
};

const FAMILIES = [
  'pointwise',
  'stats',
  'sorting',
  'sampling',
  'elementwise',
  'reduction',
  'matrix',
  'view',
  'network',
  'attention',
  'indexing',
  'shapes',
  'einsum',
  'padding',
];

const show = (y: unknown): string => (Array.isArray(y) ? y.map(String).join('; ') : String(y));

/** The arguments from the n-th on by name; the tensors among them are the same objects. */
function byName(c: Case, args: readonly unknown[], n: number): unknown[] {
  const positional = args.slice(0, c.a.length);
  const options = (c.k === undefined ? {} : args[c.a.length]) as Record<string, unknown>;
  const names = PARAMETERS[c.fn[0]];
  const named = Object.fromEntries(positional.slice(n).map((value, i) => [names[n - 1 + i], value]));
  return [...positional.slice(0, n), { ...named, ...options }];
}

/** The first argument that may be given by name; max(x, other) has none. */
function firstName(c: Case): number {
  if (/max$|min$/.test(c.fn[0]) && isTensorSpec(c.a[1])) return c.a.length;
  return 1 + PARAMETERS[c.fn[0]].findIndex((name) => name !== null);
}

describe('arguments by name', () => {
  for (const family of FAMILIES) {
    loadCases(family).forEach((c, i) => {
      if (c.error !== undefined || !(c.fn[0] in PARAMETERS) || c.a.length < 2) return;
      it(titleOf(c, i), () => {
        const { args } = makeArgs(c);
        const expected = show(callCase(c, c.fn[0], args));
        for (let n = firstName(c); n < c.a.length; n++) {
          expect(show(callCase(c, c.fn[0], byName(c, args, n))), `by name from argument ${n}`).toBe(expected);
        }
      });
    });
  }

  it.each(Object.keys(PARAMETERS))('%s refuses unknown names', (name) => {
    const c = FAMILIES.flatMap(loadCases).find((x) => x.fn[0] === name && x.error === undefined) as Case;
    const named = byName(c, makeArgs(c).args, Math.min(firstName(c), c.a.length));
    const run = (): unknown =>
      callCase(c, name, [...named.slice(0, -1), { ...(named.at(-1) as object), no_such_thing: 1 }]);
    expect(run).toThrow(torch.ValueError);
    expect(run).toThrow("got an unexpected keyword argument 'no_such_thing'");
  });
});
