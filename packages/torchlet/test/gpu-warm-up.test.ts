/** gpu.warm_up: everything is compiled, and nothing has changed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMS, usualForms } from '../../tensor/test/gpu-shapes.js';
import * as torch from '../src/index.js';

const { gpu, nn, optim } = torch;
const F = nn.functional;

const before = process.env.TORCHLET_GPU;
beforeAll(() => {
  process.env.TORCHLET_GPU = 'cpu';
});
afterAll(() => {
  if (before === undefined) delete process.env.TORCHLET_GPU;
  else process.env.TORCHLET_GPU = before;
});

class Net extends nn.Module {
  readonly fc1: InstanceType<typeof nn.Linear>;
  readonly norm: InstanceType<typeof nn.BatchNorm1d>;
  readonly drop = new nn.Dropout(0.5);
  readonly fc2: InstanceType<typeof nn.Linear>;

  constructor(width: number) {
    super();
    this.fc1 = new nn.Linear(5, width);
    this.norm = new nn.BatchNorm1d(width);
    this.fc2 = new nn.Linear(width, 3);
  }

  override forward(x: torch.Tensor): torch.Tensor {
    return this.fc2(this.drop(this.norm(this.fc1(x)).relu()));
  }
}

interface Case {
  readonly net: Net;
  readonly optimizer: InstanceType<typeof optim.Adam>;
  readonly x: torch.Tensor;
  readonly y: torch.Tensor;
  readonly step: () => number;
}

function make(width: number, options: object = {}): Case {
  torch.manual_seed(4);
  const net = new Net(width).to('gpu');
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.01, ...options });
  const [x, y] = [torch.randn(8, 5).to('gpu'), torch.randint(0, 3, [8]).to('gpu')];
  const step = (): number => {
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    return loss.item();
  };
  return { net, optimizer, x, y, step };
}

/** All that a step changes, as text. */
function everything({ net, optimizer }: Case): string {
  const show = (value: unknown): unknown => (value instanceof torch.Tensor ? [value._version, value.tolist()] : value);
  return JSON.stringify([
    Object.entries(net.state_dict()).map(([key, value]) => [key, show(value)]),
    [...net.parameters()].map(({ grad }) => show(grad)),
    [...optimizer.state.values()].map((entry) => Object.entries(entry).map(([key, value]) => [key, show(value)])),
    optimizer.param_groups.map((group) => ({ ...group, params: group.params.length })),
    optimizer.stepsTaken,
    torch.get_rng_state().tolist(),
  ]);
}

const warm = ({ net, optimizer, x, y }: Case) =>
  gpu.warm_up(net, x, { loss: (out) => F.cross_entropy(out, y), optimizer });

describe('gpu.warm_up', () => {
  it('compiles what the first step needs, and changes nothing', () => {
    const fresh = make(7);
    const was = everything(fresh);
    const { kernels, milliseconds } = warm(fresh);
    expect(everything(fresh)).toBe(was);
    expect(kernels).toBeGreaterThan(10);
    expect(milliseconds).toBeGreaterThan(0);
    expect(warm(fresh).kernels).toBe(0);
    const losses = [fresh.step(), fresh.step()];
    expect(warm(fresh).kernels).toBe(0);
    const plain = make(7);
    expect([plain.step(), plain.step()]).toEqual(losses);
  });

  it('compiles kernels with the sizes in them, also for shapes that would share one', () => {
    FORMS['sizes as arguments']();
    try {
      const fresh = make(13);
      warm(fresh);
      gpu.reset_stats();
      FORMS['sizes in the text']();
      fresh.step();
      expect(gpu.stats().compiled).toBe(0);
    } finally {
      usualForms();
    }
  });

  it('in the middle of a training, with gradients and state there', () => {
    for (const options of [{ amsgrad: true }, { weight_decay: 0.1 }]) {
      const [one, other] = [make(6, options), make(6, options)];
      torch.manual_seed(1);
      for (let i = 0; i < 3; i++) one.step();
      const was = everything(one);
      const gradient = one.net.fc1.weight.grad;
      warm(one);
      expect(everything(one)).toBe(was);
      expect(one.net.fc1.weight.grad).toBe(gradient);
      const last = one.step();
      torch.manual_seed(1);
      for (let i = 0; i < 3; i++) other.step();
      expect(other.step()).toBe(last);
    }
  });

  it('a graph that was there before can still be differentiated', () => {
    const { net, x, y, optimizer } = make(5);
    const loss = F.cross_entropy(net(x), y);
    gpu.warm_up(net, [x], { loss: (out) => out.sum(), optimizer });
    loss.backward();
    expect(net.fc1.weight.grad?.isfinite().all().item()).toBe(true);
  });

  it('of the forward pass alone, of any function, and without an optimizer', () => {
    const { net, x } = make(9);
    expect(gpu.warm_up(net, x).kernels).toBeGreaterThan(0);
    expect(gpu.warm_up(net, x).kernels).toBe(0);
    expect(gpu.warm_up(net, x, { loss: (out) => out.sum() }).kernels).toBeGreaterThan(0);
    expect([...net.parameters()].every(({ grad }) => grad === null)).toBe(true);
    const f = (a: torch.Tensor, b: torch.Tensor): torch.Tensor => a.matmul(b);
    const [a, b] = [torch.randn(11, 13).to('gpu'), torch.randn(13, 2).to('gpu')];
    expect([gpu.warm_up(f, [a, b]).kernels, gpu.warm_up(f, [a, b]).kernels]).toEqual([1, 0]);
  });

  it('puts everything back when the step fails', () => {
    const fresh = make(4);
    fresh.step();
    const was = everything(fresh);
    const loss = (out: torch.Tensor): torch.Tensor => {
      out.sum().backward();
      throw new Error('no loss');
    };
    expect(() => gpu.warm_up(fresh.net, fresh.x, { loss, optimizer: fresh.optimizer })).toThrow('no loss');
    expect(everything(fresh)).toBe(was);
  });

  it('with LBFGS, and with parameters on the cpu', () => {
    const { net, x, y } = make(3);
    const optimizer = new optim.LBFGS(net.parameters(), { max_iter: 2 });
    gpu.warm_up(net, x, { loss: (out) => F.cross_entropy(out, y), optimizer });
    expect(optimizer.state.size).toBe(0);
    const cpu = new nn.Linear(2, 2);
    const weight = cpu.weight.tolist();
    const sgd = new optim.SGD(cpu.parameters(), { lr: 1, momentum: 0.9 });
    gpu.warm_up(cpu, torch.ones(1, 2), { loss: (out) => out.sum(), optimizer: sgd });
    expect(cpu.weight.tolist()).toEqual(weight);
    expect(sgd.state.size).toBe(0);
  });

  it('refuses what it cannot run', () => {
    const { net, x, optimizer } = make(2);
    const call = gpu.warm_up as (...args: unknown[]) => unknown;
    expect(() => call(3, x)).toThrow(new torch.ValueError('warm_up(): net must be callable, got number'));
    expect(() => call(net, x, { loss: 1 })).toThrow(
      new torch.ValueError("warm_up(): loss must be a function of the net's output, got number"),
    );
    expect(() => call(net, x, { optimizer })).toThrow(
      new torch.ValueError('warm_up(): an optimizer takes no step without a loss'),
    );
    expect(() => call(net, x, { target: x })).toThrow("warm_up() got an unexpected keyword argument 'target'");
  });
});
