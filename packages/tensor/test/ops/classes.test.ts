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

  it('reaches no other memory through targets that were changed behind its back', () => {
    const [x, neighbour] = [logits(), torch.zeros([3, 4])];
    const target = ids([0, 1, 2]);
    const loss = F.nll_loss(x, target);
    target.data.fill_(9);
    expect(() => loss.backward()).toThrow('nll_loss(): Target 9 is out of bounds.');
    expect(neighbour.count_nonzero().item()).toBe(0);
  });

  it.each([
    ['mean', Number.NaN],
    ['sum', 0],
    ['none', 0],
  ] as const)('without classes, where all targets are ignored, the %s is %d and has derivatives', (reduction, want) => {
    const x = torch.zeros([2, 0, 3]).requires_grad_();
    const loss = F.cross_entropy(x, torch.full([2, 3], -100, { dtype: 'int64' }), {
      reduction,
      weight: torch.ones([0]),
    });
    expect(loss.shape).toEqual(reduction === 'none' ? [2, 3] : []);
    expect([...loss.detach().toArray()].every((value) => Object.is(value, want))).toBe(true);
    const [dx] = torch.autograd.grad(loss.square().sum(), x, { create_graph: true }) as [torch.Tensor];
    expect(dx.requires_grad).toBe(true);
    expect(torch.autograd.grad(dx.sum(), x)[0]?.shape).toEqual([2, 0, 3]);
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
