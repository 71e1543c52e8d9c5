/**
 * A backward pass gives back what only the engine saw. Gradients of random programs are those of a pass that hooks watch, in
 * which nothing is given back; and the memory of training steps does not grow.
 */
import { residentUsage } from '@torchlet/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { checkpoint } from '../../src/internal.js';
import { Holder, pressure } from './holding.js';

const F = torch.functional;
type Tensor = torch.Tensor;

/** A step of a program on [16, 32] tensors: x and y are earlier results, w is a [32, 32] parameter, v a vector of 32. */
type Step = (x: Tensor, y: Tensor, w: Tensor, v: Tensor) => Tensor;

const rows = torch.tensor([3, 1, 2, 0, 5, 5, 7, 6, 9, 8, 11, 10, 15, 13, 12, 14]).to('int64');
const image = (x: Tensor): Tensor => x.reshape(1, 4, 8, 16);
const mask = torch.arange(512).remainder(3).eq(0).reshape(16, 32);

const STEPS: readonly Step[] = [
  (x, y) => x.add(y),
  (x, y) => x.sub(y, { alpha: 0.5 }),
  (x, y) => x.mul(y),
  (x, y) => x.div(y.mul(y).add(1)),
  (x, y) => torch.maximum(x, y),
  (x, y) => torch.where(mask, x, y),
  (x, y) => torch.lerp(x, y, 0.3),
  (x, y) => torch.addcmul(x, y, y, { value: 0.1 }),
  (x, y) => torch.atan2(x, y.mul(y).add(1)),
  (x, _, __, v) => x.mul(v).add(v),
  (x) => x.add(x),
  (x) => x.mul(x).mul(0.1),
  (x) => x.neg(),
  (x) => x.tanh(),
  (x) => x.sigmoid(),
  (x) => x.relu(),
  (x) => x.clamp(-1, 1).exp(),
  (x) => x.abs().add(1).log(),
  (x) => x.pow(2).add(1).sqrt(),
  (x) => x.sin(),
  (x) => F.gelu(x),
  (x) => F.gelu(x, { approximate: 'tanh' }),
  (x) => F.silu(x),
  (x) => F.mish(x),
  (x) => F.softplus(x),
  (x) => F.elu(x),
  (x) => F.leaky_relu(x, 0.1),
  (x) => F.hardswish(x),
  (x) => F.logsigmoid(x),
  (x, y) => F.glu(torch.cat([x, y], 1), 1),
  (x) => x.masked_fill(mask, 0.5),
  (x) => x.clone(),
  (x) => x.reshape(32, 16).t().contiguous(),
  (x) => x.reshape(4, 4, 32).transpose(0, 1).reshape(16, 32),
  (x) => x.t().reshape(16, 32),
  (x) => x.unsqueeze(1).expand(16, 3, 32).mean(1),
  (x) => x.narrow(0, 4, 1).expand(16, 32),
  (x, y) => torch.cat([x.narrow(0, 0, 8), y.narrow(0, 8, 8)]),
  (x, y) => torch.stack([x, y]).mean(0),
  (x, y) => torch.cat([x, y], 1).narrow(1, 16, 32),
  (x) => torch.cat(x.chunk(4, 1).reverse(), 1),
  (x) => torch.stack(x.unbind(0).reverse()),
  (x) => x.flip(0),
  (x) => x.roll(3, 1),
  (x) => x.sum(0).expand(16, 32).mul(0.1),
  (x) => x.sub(x.mean(1, { keepdim: true })),
  (x) => x.sub(x.amax(1, true)),
  (x) => x.div(x.norm({ dim: 1, keepdim: true }).add(1)),
  (x) => x.cumsum(1).mul(0.1),
  (x) => x.sort(1)[0],
  (x) => x.max(0)[0].expand(16, 32),
  (x) => x.tril().add(x.triu(2)),
  (x) => x.index_select(0, rows),
  (x) => x.gather(1, rows.unsqueeze(1).expand(16, 32)),
  (x, y) => x.index_add(0, rows, y),
  (x, y) => x.scatter(0, rows.unsqueeze(1).expand(16, 32), y),
  (x) => x.index(rows).repeat(1, 2).narrow(1, 16, 32),
  (x, _, w) => F.embedding(rows, w).add(x),
  (x, _, w) => x.matmul(w).mul(0.2),
  (x, _, w, v) => F.linear(x, w, v).mul(0.2),
  (x, y) => x.matmul(y.t()).matmul(x).mul(0.01),
  (x, y) =>
    torch
      .bmm(x.reshape(4, 4, 32), y.reshape(4, 32, 4))
      .reshape(1, 64)
      .expand(8, 64)
      .reshape(16, 32)
      .mul(0.1),
  (x, _, w) => F.conv2d(image(x), w.view(-1).narrow(0, 0, 144).view(4, 4, 3, 3), null, 1, 1).reshape(16, 32),
  (x, _, w) => F.conv_transpose2d(image(x), w.view(-1).narrow(0, 0, 144).view(4, 4, 3, 3), null, 1, 1).reshape(16, 32),
  (x) => F.max_pool2d(image(x), 3, 1, 1).reshape(16, 32),
  (x) => F.max_pool2d(F.relu(image(x)), 3, 1, 1).reshape(16, 32),
  (x) => F.interpolate(F.max_pool2d(image(x).relu(), 2), { scale_factor: 2 }).reshape(16, 32),
  (x) => {
    const y = image(x).relu();
    return F.max_pool2d(y, 3, 1, 1).add(y).reshape(16, 32);
  },
  (x) => F.avg_pool2d(image(x), 3, 1, 1).reshape(16, 32),
  (x) => F.interpolate(F.max_pool2d(image(x), 2), { scale_factor: 2 }).reshape(16, 32),
  (x) => F.pad(x, [1, 1, 2, 2]).narrow(0, 1, 16).narrow(1, 2, 32),
  (x) => F.softmax(x, 1),
  (x) => F.log_softmax(x, 0).mul(0.1),
  (x) => x.logsumexp(1, true).expand(16, 32),
  (x, _, __, v) => F.layer_norm(x, [32], v, v),
  (x, _, __, v) => F.batch_norm(x, null, null, v, v, true),
  (x) => F.group_norm(x, 4),
  (x) => F.normalize(x),
  (x, y) => F.mse_loss(x, y, { reduction: 'none' }).mul(0.1),
  (x, y) => x.add(F.smooth_l1_loss(x, y)),
  (x) => x.mul(F.cross_entropy(x, rows).mul(0.1)),
  (x, y) => x.add(F.binary_cross_entropy_with_logits(x, y.sigmoid())),
  (x, y) => x.add(F.kl_div(F.log_softmax(x, 1), F.softmax(y, 1), { reduction: 'batchmean' })),
  (x, y) => x.clone().mul_(y),
  (x, y) => {
    const z = x.mul(1);
    z.narrow(0, 2, 9).mul_(y.narrow(0, 2, 9));
    z.select(1, 3).tanh_();
    return z;
  },
  (x, y) => {
    const z = x.t().mul(2);
    z.t().add_(y);
    return z.t();
  },
];

interface Program {
  readonly steps: readonly (readonly [step: number, x: number, y: number])[];
  readonly seed: number;
}

const programs: fc.Arbitrary<Program> = fc.record({
  steps: fc.array(fc.tuple(fc.nat(STEPS.length - 1), fc.nat(100), fc.nat(100)), { minLength: 1, maxLength: 9 }),
  seed: fc.nat(1000),
});

function leaves(seed: number): Tensor[] {
  torch.manual_seed(seed);
  return [torch.randn(16, 32), torch.randn(16, 32), torch.randn(32, 32), torch.randn(32)].map((t) =>
    t.requires_grad_(),
  );
}

/** Every result of the program, the leaves first; the last ones are kept small. */
function results({ steps }: Program, inputs: readonly Tensor[]): Tensor[] {
  const [a, b, w, v] = inputs;
  const all = [a, b];
  for (const [step, x, y] of steps) {
    // the latest results most often, so that programs are deep
    const pick = (n: number): Tensor => all[n < 60 ? all.length - 1 : n % all.length];
    all.push(STEPS[step](pick(x), pick(y), w, v));
  }
  return all;
}

const weights = torch.arange(512).to('float32').sub(200).div(300).reshape(16, 32);
/** Of the last result, and of one in the middle. */
const lossOf = (all: readonly Tensor[]): Tensor =>
  (all.at(-1) as Tensor)
    .mul(weights)
    .sum()
    .add(all[all.length >> 1].mul(0.3).tanh().sum());

function expectEqual(got: readonly (Tensor | null)[], want: readonly (Tensor | null)[]): void {
  want.forEach((w, i) => {
    const [a, b] = [got[i]?.toArray(), w?.toArray()];
    const at = b?.findIndex((value, k) => !Object.is(value, a?.[k])) ?? -1;
    if (at >= 0 || a?.length !== b?.length) expect.fail(`gradient ${i}: element ${at} is ${a?.[at]}, not ${b?.[at]}`);
  });
}

/** Gradients of a pass in which a hook sees what every node does: then nothing is given back or changed in place. */
function watched(program: Program): (Tensor | null)[] {
  const inputs = leaves(program.seed);
  const loss = lossOf(results(program, inputs));
  const seen = new Set<torch.autograd.Node>();
  const stack = [loss.grad_fn];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node === null || seen.has(node)) continue;
    seen.add(node);
    node.register_hook(() => undefined);
    for (const [next] of node.next_functions) stack.push(next);
  }
  loss.backward();
  return inputs.map((t) => t.grad);
}

describe('gradients of random programs', () => {
  it('every step by itself', () => {
    for (let step = 0; step < STEPS.length; step++) {
      const program = {
        steps: [
          [step, 0, 70],
          [0, 0, 71],
          [step, 0, 70],
        ] as Program['steps'],
        seed: step,
      };
      const inputs = leaves(step);
      lossOf(results(program, inputs)).backward();
      pressure();
      expectEqual(
        inputs.map((t) => t.grad),
        watched(program),
      );
    }
  });

  it('are those of float64, whose kernels are plain loops, also of second order', () => {
    for (let step = 0; step < STEPS.length; step++) {
      const [single, double] = (['float32', 'float64'] as const).map((dtype) => {
        const inputs = leaves(step).map((t) => t.detach().to(dtype).requires_grad_());
        const all = results({ steps: [[step, 0, 1]], seed: step }, inputs);
        const grads = torch.autograd.grad(lossOf(all), inputs, null, { create_graph: true, allow_unused: true });
        pressure();
        const present = grads.filter((g) => g !== null);
        if (present.some((g) => g.requires_grad)) {
          torch.autograd.backward(present.filter((g) => g.requires_grad).map((g) => g.tanh().sum()));
        }
        return [...all.slice(2), ...grads, ...inputs.map((t) => t.grad)];
      });
      double.forEach((want, i) => {
        if (want === null) {
          expect(single[i]).toBeNull();
          return;
        }
        expect(single[i]?.dtype).toBe('float32');
        const error = single[i]?.detach().double().sub(want.detach()).abs().max().item() ?? Number.NaN;
        const scale = Math.max(1, want.detach().abs().max().item());
        expect(error / scale, `${STEPS[step]}, ${i}`).toBeLessThan(2e-5);
      });
    }
  });

  it('are those of a watched pass', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const inputs = leaves(program.seed);
        lossOf(results(program, inputs)).backward();
        pressure();
        expectEqual(
          inputs.map((t) => t.grad),
          watched(program),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('leave everything that is held as it was', () => {
    const ways = fc.record({
      hooked: fc.nat(255),
      retained: fc.nat(255),
      again: fc.boolean(),
      checkpointed: fc.boolean(),
    });
    fc.assert(
      fc.property(programs, ways, (program, { hooked, retained, again, checkpointed }) => {
        const inputs = leaves(program.seed);
        const holder = new Holder();
        let all: Tensor[] = [];
        const run = (): Tensor => lossOf((all = holder.hold('result', results(program, inputs))));
        const loss = checkpointed ? checkpoint(run, { use_reentrant: false }) : run();
        all.forEach((t, i) => {
          if ((hooked >> (i % 8)) & 1) t.register_hook((g) => void holder.hold('seen', g));
          if (t.grad_fn !== null && (retained >> (i % 8)) & 1) t.retain_grad();
        });
        const wanted = [...inputs, ...all].filter((_, i) => i % 3 !== 2);
        const options = { retain_graph: true, allow_unused: true };
        const grads = (): void => {
          if (checkpointed) return;
          holder.hold('gradient', torch.autograd.grad(loss, wanted, null, options));
        };
        grads();
        pressure();
        holder.check();
        if (again) grads();
        for (const t of inputs) t.grad = null;
        loss.backward();
        holder.hold(
          'grad',
          inputs.map((t) => t.grad),
        );
        if (!checkpointed)
          expectEqual(
            inputs.map((t) => t.grad),
            watched(program),
          );
        pressure();
        holder.check();
      }),
      { numRuns: 80 },
    );
  });
});

describe('memory', () => {
  it('of training steps goes back at once', () => {
    torch.manual_seed(1);
    const [x, w, v] = [torch.randn(64, 128), torch.randn(128, 128), torch.randn(128, 10)];
    const parameters = [w, v].map((t) => t.requires_grad_());
    const step = (): void => {
      for (const p of parameters) p.grad = null;
      F.mse_loss(x.matmul(w).tanh().matmul(v).sigmoid(), torch.zeros(64, 10)).backward();
    };
    step();
    const made = (): number => {
      const before = residentUsage().held;
      step();
      return residentUsage().held - before;
    };
    const bytes = made();
    // the gradients of the parameters and what the forward pass made, of which some is small; but not what the backward pass
    // made between, the gradients of tanh and of its input
    expect(bytes).toBeLessThanOrEqual(4 * (128 * 128 + 1280 + 2 * 64 * 128 + 12 * 640));
    expect(bytes).toBeGreaterThan(0);
  });

  it('of results that nobody holds comes back', () => {
    const x = torch.randn(1 << 18);
    for (let i = 0; i < 1500; i++) x.add(i);
    expect(residentUsage().held).toBeLessThan(1000 * 2 ** 20);
  });
});
