/** Values whose files PyTorch has read: see serialization-ours.test.ts. */
import { arange, eye, integerKeyed, ones, orderedDict, type Tensor, tensor } from '../src/index.js';

/** What a training program saves, with tensors of every dtype, layout and sharing. */
export function checkpoint(): unknown {
  const base = arange(24).reshape(2, 3, 4);
  const weight = tensor([[1.5, -0.25]], { requires_grad: true });
  const shared = { lr: 1, betas: [0, 1] };
  return {
    model: orderedDict({ 'fc.weight': weight, 'fc.bias': ones(1) }, { '': { version: 1 }, fc: { version: 1 } }),
    optimizer: {
      state: integerKeyed({ 0: { step: tensor(3), exp_avg: ones(1, 2) }, 1: { step: tensor(3), exp_avg: ones(1) } }),
      param_groups: [{ ...shared, params: [0, 1], foreach: null, amsgrad: false }],
    },
    views: {
      base,
      turned: base.permute(2, 0, 1),
      row: base.select(0, 1),
      wide: ones(1).expand(3, 2),
      big: arange(2000).index([5, 7]),
    },
    dtypes: (['float64', 'int64', 'int32', 'uint8', 'bool'] as const).map(
      (dtype): Tensor => tensor([0, 1, 1], { dtype }),
    ),
    int64: tensor([2 ** 53 - 1, -(2 ** 53) + 1], { dtype: 'int64' }),
    empty: eye(0),
    again: [shared, shared],
    texts: ['', 'é', '日本', '🙂'],
    integers: [0, 255, 65536, -1, 2 ** 40, 2n ** 70n],
    keys: JSON.parse('{"__proto__": 1, "constructor": 2}') as unknown,
    nothing: null,
  };
}

/** Values that PyTorch 1.13 reads too, but not with weights_only=True. */
export const values = (): unknown => ({
  floats: [0.5, -0, 1e300, 5e-324],
  set: new Set([1, 2, 3]),
  bytes: Uint8Array.of(0, 127, 255),
  map: new Map<unknown, unknown>([
    [1, 'one'],
    ['two', 2],
    [[1, 'x'], 3],
  ]),
});
