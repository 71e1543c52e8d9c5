import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nn from '@torchlet/nn';
import * as optim from '@torchlet/optim';
import {
  autograd,
  is_anomaly_enabled,
  manual_seed,
  ones,
  randint,
  randn,
  SerializationError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@torchlet/tensor';
import { type BackwardEvent, type RecordOptions, record, type TensorData, type UpdateEvent } from '@torchlet/viz';
import { describe, expect, it } from 'vitest';
import { LeNet, Net } from './networks.js';

const F = nn.functional;

/** A LeNet and what a step of it needs. */
function lenet(batch: number) {
  manual_seed(3);
  const net = new LeNet();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
  const [x, y] = [randn(batch, 1, 28, 28), randint(0, 10, [batch])];
  const step = (): Tensor => {
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { net, optimizer, step };
}

const bits = (t: Tensor): number[] => [...t.toArray()];

describe('record', () => {
  it('changes no number: three LeNet steps are the same to the last bit', { timeout: 60_000 }, () => {
    const plain = lenet(16);
    const losses = [1, 2, 3].map(() => plain.step().item());
    const watched = lenet(16);
    const recording = record(() => [1, 2, 3].map(() => watched.step().item()));
    expect(recording.result).toEqual(losses);
    expect(recording.steps).toHaveLength(3);
    const pairs = [...plain.net.named_parameters()];
    expect(pairs).toHaveLength(10);
    const other = new Map(watched.net.named_parameters());
    for (const [name, p] of pairs) {
      const q = other.get(name) as Tensor;
      expect(bits(q), name).toEqual(bits(p));
      expect(bits(q.grad as Tensor), name).toEqual(bits(p.grad as Tensor));
    }
  });

  it('keeps the numbers of the moment: values, gradients, states before and after', () => {
    manual_seed(0);
    const net = new Net();
    const optimizer = new optim.Adam(net.parameters(), { lr: 0.1 });
    const [x, y] = [randn(4, 2), randn(4, 1)];
    const before = net.fc1.weight.tolist();
    let grads: unknown = null;
    const { steps, tensors } = record(() => {
      const loss = F.mse_loss(net(x), y);
      loss.backward();
      grads = net.fc1.weight.grad?.tolist();
      optimizer.step();
      optimizer.zero_grad();
    });
    expect(steps).toHaveLength(1);
    const [{ nodes, events }] = steps;
    expect(events.map(({ phase }) => phase)).toEqual([
      ...Array<string>(4).fill('forward'),
      ...Array<string>(8).fill('backward'),
      ...Array<string>(4).fill('update'),
    ]);
    const valuesOf = (ref: number | null): unknown => unflatten(tensors[ref as number]);
    const update = events.find((e): e is UpdateEvent => e.phase === 'update' && e.name === 'fc1.weight') as UpdateEvent;
    expectClose(valuesOf(update.before), before);
    expectClose(valuesOf(update.grad), grads);
    expectClose(valuesOf(update.after), net.fc1.weight.tolist());
    expect(update.optimizer).toBe('Adam');
    expect(update.formula).toContain('m ← β₁m + (1 − β₁)g');
    expect(update.options).toMatchObject({ lr: '0.1', betas: '[0.9, 0.999]' });
    expect(update.state.map((s) => [s.name, s.before === null])).toEqual([
      ['step', true],
      ['exp_avg', true],
      ['exp_avg_sq', true],
    ]);
    expect(nodes[(update.node as number) - 1]).toMatchObject({ kind: 'leaf', name: 'fc1.weight' });
    const leaf = events.find(
      (e): e is BackwardEvent => e.phase === 'backward' && nodes[e.node - 1].name === 'fc1.weight',
    ) as BackwardEvent;
    expectClose(valuesOf(leaf.incoming[0]), grads);
    expectClose(valuesOf(leaf.grad), grads);
  });

  it('knows operands, their names and where they come from', () => {
    const x = tensor([1, 2], { requires_grad: true });
    const { steps, tensors } = record(() => x.mul(3).exp().sum(), { params: { x } });
    const [mul, exp] = steps[0].events;
    const { nodes } = steps[0];
    if (mul.phase !== 'forward' || exp.phase !== 'forward') throw new Error('expected two calls');
    expect(nodes[mul.node - 1]).toMatchObject({ operation: 'mul', module: null });
    expect(nodes[mul.node - 1].line).toMatch(/record\.test\.ts:\d+:\d+$/);
    expect(nodes[(mul.operands[0].from as number) - 1].name).toBe('x');
    expect(mul.operands[1]).toMatchObject({ tensor: null, text: '3' });
    expect(exp.operands[0].from).toBe(mul.node);
    expect(exp.operands[0].tensor).toBe(mul.results[0]);
    expect(tensors[mul.results[0] as number].values).toEqual([3, 6]);
    expect(nodes.find(({ isRoot }) => isRoot)?.name).toBe('SumBackward0');
  });

  it('sees operations on views, lists, several outputs and functions of the user', () => {
    class Twice extends autograd.Function {
      static forward(_: autograd.FunctionCtx, x: Tensor): Tensor {
        return x.mul(2);
      }
      static backward(_: autograd.FunctionCtx, grad: Tensor): Tensor {
        return grad.mul(2);
      }
    }
    const b = ones([3], { requires_grad: true });
    const { steps } = record(() => {
      const base = b.mul(1);
      base.narrow(0, 0, 2).mul_(5);
      const [most] = Twice.apply(base).max(0) as unknown as [Tensor];
      most.backward();
    });
    const [{ nodes, events }] = steps;
    const names = events.map((e) => `${e.phase} ${nodes[(e.node as number) - 1]?.name}`);
    expect(names).toContain('forward CopySlices'); // of mul_, drawn as its base's node
    expect(names).toContain('backward CopySlices');
    expect(names).toContain('forward TwiceBackward');
    expect(b.grad?.tolist()).toEqual([10, 0, 0]);
  });

  it('summarises large tensors, or keeps them with full', () => {
    const x = ones([100], { requires_grad: true });
    const short = record(() => x.mul(2));
    expect(short.tensors[1]).toMatchObject({ values: null, min: 2, max: 2, mean: 2, norm: 20, shape: [100] });
    expect(short.tensors[1].heat).toMatchObject({ tiles: 1, rows: 2, cols: 64, reach: 2 });
    expect(short.tensors[1].histogram).toHaveLength(30);
    expect(record(() => x.mul(2), { full: true }).tensors[1].values).toEqual(Array(100).fill(2));
  });

  it('writes NaN and infinities, which JSON has not', () => {
    const x = tensor([-1, 0, 1], { requires_grad: true });
    const recording = record(() => x.log());
    expect(recording.tensors[1]).toMatchObject({ values: ['NaN', '-Infinity', 0], nan: 1, inf: 1, min: 0, norm: null });
    expect(recording.to_html()).toContain('"NaN"');
  });

  it('leaves the modes as they were, also after an error', () => {
    const x = ones([1], { requires_grad: true });
    expect(() =>
      record(() => {
        x.mul(2);
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
    expect(is_anomaly_enabled()).toBe(false);
    expect(record(() => x.mul(2)).steps).toHaveLength(1);
    autograd.detect_anomaly(() => {
      expect(() => record(() => x.sub(1).sqrt().sub(1).mul(0).sum().backward())).toThrow('returned nan values');
      expect(is_anomaly_enabled()).toBe(true);
    });
    expect(record(() => zeros([2]).mul(3))).toMatchObject({ steps: [], tensors: [] });
  });

  it('refuses what it cannot record', () => {
    expect(() => record(3 as never)).toThrow("record(): argument 'fn' must be a function, not a number");
    expect(() => record(() => record(() => 1))).toThrow('record(): a recording is already under way');
    expect(() => record(async () => 1)).toThrow('record(): the function returned a Promise');
    expect(() => record(() => 1, { ful: true } as RecordOptions)).toThrow(
      "record() got an unexpected keyword argument 'ful'",
    );
    expect(() => record(() => 1, { full: 1 as never })).toThrow("record(): argument 'full' must be bool, got 1");
    expect(() => record(() => 1, { params: 1 as never })).toThrow(ValueError);
  });
});

describe('an update with its numbers filled in', () => {
  const optimizers = {
    SGD: (p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, weight_decay: 0.01, nesterov: true }),
    Adam: (p: Tensor[]) => new optim.Adam(p, { lr: 0.1, amsgrad: true }),
    AdamW: (p: Tensor[]) => new optim.AdamW(p, { lr: 0.1 }),
    RMSprop: (p: Tensor[]) => new optim.RMSprop(p, { lr: 0.1, centered: true, momentum: 0.5 }),
    Rprop: (p: Tensor[]) => new optim.Rprop(p, { lr: 0.1 }),
    Adadelta: (p: Tensor[]) => new optim.Adadelta(p, { lr: 0.1 }),
    Adagrad: (p: Tensor[]) => new optim.Adagrad(p, { lr: 0.1 }),
    Adamax: (p: Tensor[]) => new optim.Adamax(p, { lr: 0.1 }),
    NAdam: (p: Tensor[]) => new optim.NAdam(p, { lr: 0.1 }),
    RAdam: (p: Tensor[]) => new optim.RAdam(p, { lr: 0.1 }),
    ASGD: (p: Tensor[]) => new optim.ASGD(p, { lr: 0.1 }),
  };

  it.each(Object.entries(optimizers))('%s: the lines end in what the step has written', (_, make) => {
    const p = tensor([0.5, -2, 1], { dtype: 'float64', requires_grad: true });
    const optimizer = make([p]);
    const { steps } = record(() => {
      for (let i = 0; i < 3; i++) {
        optimizer.zero_grad();
        p.mul(p).sum().backward();
        optimizer.step();
      }
    });
    expect(steps).toHaveLength(3);
    const update = steps[2].events.at(-1) as UpdateEvent;
    const trace = update.traces.at(-1);
    if (trace === undefined) throw new Error('no trace');
    const written = trace.lines.findLast(({ name }) => name === 'param');
    expect(written?.value).toBeCloseTo((p.tolist() as number[])[trace.element], 12);
    for (const { numbers } of trace.lines) expect(numbers).not.toMatch(/[a-z]_|undefined/);
    expect(trace.lines.every(({ formula }) => !formula.includes('?'))).toBe(true);
  });

  it('reads as mathematics', () => {
    const p = tensor([2], { requires_grad: true });
    const optimizer = new optim.SGD([p], { lr: 0.5, momentum: 0.9 });
    const { steps } = record(() => {
      p.mul(3).sum().backward();
      optimizer.step();
    });
    const { traces } = steps[0].events.at(-1) as UpdateEvent;
    expect(traces[0].lines.map(({ name, formula, numbers, value }) => [name, formula, numbers, value])).toEqual([
      ['g', 'grad', '3', 3],
      ['momentum_buffer', 'g', '3', 3],
      ['g', 'momentum_buffer', '3', 3],
      ['param', 'param − lr · g', '2 − 0.5 · 3', 0.5],
    ]);
  });
});

describe('save_html', () => {
  it('writes a LeNet step of a batch of 64 in less than 5 MB, whole or not at all', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'torchlet-viz-'));
    try {
      const { step } = lenet(64);
      const recording = record(step);
      const path = join(folder, 'step.html');
      recording.save_html(path);
      const size = recording.to_html().length;
      console.log(`a LeNet step of 64 images: ${(size / 1e6).toFixed(2)} MB`);
      expect(size).toBeLessThan(5e6);
      expect(recording.to_html()).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
      writeFileSync(path, 'old');
      expect(() => recording.save_html(join(folder, 'nowhere', 'step.html'))).toThrow(SerializationError);
      expect(() => recording.save_html(folder)).toThrow(`save_html: cannot write '${folder}'`);
      expect(() => recording.save_html(3 as never)).toThrow('save_html(): path must be a string, but got a number');
      expect(readdirSync(folder)).toEqual(['step.html']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('keeps text that looks like markup as text', () => {
    const x = ones([1], { requires_grad: true });
    const html = record(() => x.mul(2), { params: { '</script><b>$&': x } }).to_html();
    expect(html).not.toContain('</script><b>');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
  });
});

function unflatten({ values, shape }: TensorData): unknown {
  let next = 0;
  const build = (d: number): unknown =>
    d === shape.length ? values?.[next++] : Array.from({ length: shape[d] }, () => build(d + 1));
  return build(0);
}

/** Float32 numbers are kept with nine digits, which is all that they have. */
function expectClose(actual: unknown, expected: unknown): void {
  const [a, b] = [actual, expected].map((x) => (x as number[]).flat(2));
  expect(a).toHaveLength(b.length);
  a.forEach((x, i) => {
    expect(Math.fround(x)).toBe(Math.fround(b[i]));
  });
}
