import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { describeFamily } from './runner.js';

const F = torch.functional;

describeFamily('classes');

const ids = (list: number[]): torch.Tensor => torch.tensor(list, { dtype: 'int64' });
const logits = (): torch.Tensor => torch.randn([3, 4]).requires_grad_();

describe('the graph of a loss over classes', () => {
  it('has nodes for the log-probabilities alone', () => {
    const loss = F.cross_entropy(logits(), ids([0, 1, 2]), torch.ones([4]));
    expect(loss.grad_fn?.name()).toBe('NllLossBackward0');
    expect(loss.grad_fn?.next_functions.map(([node, i]) => [node?.name(), i])).toEqual([['LogSoftmaxBackward0', 0]]);
    const planes = F.nll_loss(torch.randn([1, 2, 3]).requires_grad_(), ids([0, 1, 1]).unsqueeze(0));
    expect(planes.grad_fn?.name()).toBe('NllLoss2DBackward0');
    expect(planes.grad_fn?.next_functions).toHaveLength(1);
  });

  it.each(['target', 'weight'])('a %s that was changed in place is an error', (which) => {
    const target = ids([0, 1, 2]);
    const weight = torch.ones([4]);
    const loss = F.nll_loss(logits(), target, weight);
    if (which === 'target') target.fill_(1);
    else weight.mul_(2);
    expect(() => loss.backward()).toThrow('modified by an inplace operation');
  });

  it('gives the same gradient once as it gives to be differentiated again', () => {
    for (const reduction of ['none', 'sum', 'mean'] as const) {
      const x = torch.randn([50, 7]).requires_grad_();
      const target = torch.randint(0, 7, [50]);
      const options = { weight: torch.rand([7]), ignore_index: 3, reduction };
      const once = torch.autograd.grad(F.cross_entropy(x, target, options).square().sum(), x)[0];
      const again = torch.autograd.grad(F.cross_entropy(x, target, options).square().sum(), x, {
        create_graph: true,
      })[0];
      expect(torch.allclose(once as torch.Tensor, (again as torch.Tensor).detach(), { rtol: 1e-5, atol: 1e-7 })).toBe(
        true,
      );
      expect((again as torch.Tensor).requires_grad).toBe(true);
    }
  });
});
