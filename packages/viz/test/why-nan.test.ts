import * as nn from '@torchlet/nn';
import { AutogradError, autograd, manual_seed, ones, randn, type Tensor, tensor } from '@torchlet/tensor';
import { record, type WhyNanOptions, why_nan } from '@torchlet/viz';
import { describe, expect, it } from 'vitest';
import { noted, threePaths } from './networks.js';

/** Takes the logarithm of what may be negative. */
class Careless extends nn.Module {
  fc = new nn.Linear(3, 3);

  override forward(x: Tensor): Tensor {
    return this.fc(x).log().mul(2);
  }
}

describe('why_nan', () => {
  it('names the operation, its inputs, its module and the line, in a recorded graph', () => {
    manual_seed(1);
    const net = new Careless();
    const { result } = record(() => net(randn(2, 3)).sum());
    const text = why_nan(result);
    expect(text).toMatch(
      /^NaN was born in the forward pass, in LogBackward0 \(log\) in Careless at .*why-nan\.test\.ts:\d+:\d+\n/,
    );
    expect(text).toMatch(/\n {4}x {2}\[2, 3\] {2}\[\[/);
    expect(text).toMatch(/\n {4}result {2}\[2, 3\] .*NaN/);
  });

  it('still knows after the graph was freed', () => {
    manual_seed(1);
    const net = new Careless();
    const { result } = record(() => {
      const loss = net(randn(2, 3)).sum();
      loss.backward();
      return loss;
    });
    expect(why_nan(result)).toContain('LogBackward0');
  });

  it('finds what only the backward pass makes', () => {
    const x = tensor([0, 1], { requires_grad: true });
    const build = (): Tensor => x.mul(0.5).sqrt().mul(x.detach()).sum(); // √0 is 0, but its slope is not a number times 0
    const born = /^NaN was born in the backward pass, in SqrtBackward0 \(sqrt\)/;
    expect(why_nan(build())).toMatch(born);
    expect(why_nan(autograd.detect_anomaly(build))).toMatch(/ at .*why-nan\.test\.ts/);
    expect(why_nan(record(build).result)).toMatch(born);
    const trained = record(() => {
      const loss = build();
      loss.backward();
      return loss;
    }).result;
    expect(why_nan(trained)).toMatch(born);
    expect(why_nan(build())).toContain('g  [2]  [0, 1]');
  });

  it('tells Inf from NaN', () => {
    const x = tensor([1000], { requires_grad: true });
    expect(why_nan(record(() => x.exp().sum()).result)).toMatch(/^Inf was born in the forward pass, in ExpBackward0/);
  });

  it('looks at what a graph has saved when it was not recorded', () => {
    const x = tensor([-1, 1], { requires_grad: true });
    const exact = why_nan(x.log().exp().sum());
    expect(exact).toMatch(/^NaN was born in the forward pass, in ExpBackward0|LogBackward0/);
    const y = x.log().add(1).mul(2).add(3).sum();
    expect(why_nan(y)).toContain('record(() => …) knows for certain');
    expect(why_nan(x.log().mul(x).sum())).toMatch(/^NaN was born in the forward pass, in LogBackward0 \(log\)\n/);
  });

  it('says when NaN was there before', () => {
    const w = tensor([Number.NaN], { requires_grad: true });
    expect(why_nan(w.mul(2).sum(), { params: { w } })).toBe('NaN is in the leaf w, before any operation: [1]  [NaN]');
    const x = ones([1], { requires_grad: true });
    const outside = record(() => x.mul(tensor([Number.NaN])).sum()).result;
    expect(why_nan(outside)).toMatch(/^NaN came in from outside of the graph, as y of MulBackward0 \(mul\)/);
    expect(why_nan(record(() => w.mul(2).sum()).result)).toContain('came in from outside of the graph, as x of Mul');
  });

  it('says when there is none, and leaves no trace', () => {
    const { loss, net } = noted();
    expect(why_nan(loss)).toBe('No NaN and no Inf, forward or backward.');
    expect(net.fc1.weight.grad).toBeNull();
    loss.backward();
    expect(() => why_nan(loss)).toThrow(AutogradError);
  });

  it('refuses what it cannot look at', () => {
    expect(() => why_nan(ones([1]))).toThrow('why_nan(): there is no graph to show');
    expect(() => why_nan(1 as never)).toThrow("why_nan(): argument 'loss' must be a Tensor, not number");
    expect(() => why_nan(threePaths().y, { leaf: null } as WhyNanOptions)).toThrow(
      "why_nan() got an unexpected keyword argument 'leaf'",
    );
  });
});
