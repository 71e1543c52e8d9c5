/** Recordings of what is less common than a dense layer and its SGD. */
import * as nn from '@torchlet/nn';
import * as optim from '@torchlet/optim';
import { autograd, manual_seed, ones, randn, type Tensor, tensor } from '@torchlet/tensor';
import { type ForwardEvent, record, type UpdateEvent } from '@torchlet/viz';
import { describe, expect, it } from 'vitest';

const lastUpdate = (steps: ReturnType<typeof record>['steps']): UpdateEvent =>
  steps.at(-1)?.events.at(-1) as UpdateEvent;

/** The arguments that are no tensors, as they are shown, of all operations but the sum at the end. */
const textsOf = (fn: () => Tensor): (string | null)[] =>
  (record(() => fn().sum()).steps[0].events as ForwardEvent[])
    .slice(0, -1)
    .flatMap(({ operands }) => operands.map(({ text }) => text))
    .filter((text) => text !== null);

describe('record', () => {
  it('shows what arguments hold in short, also what leads back to itself', () => {
    class Config {
      readonly self = this;
    }
    class Same extends autograd.Function {
      static forward(_: autograd.FunctionCtx, x: Tensor, _with: unknown): Tensor {
        return x.clone();
      }
      static backward(_: autograd.FunctionCtx, grad: Tensor): [Tensor, null] {
        return [grad, null];
      }
    }
    const leaf = tensor([[1, 2]], { requires_grad: true });
    leaf.sum().backward(); // from now on it knows where its gradient arrives, and that place knows the leaf
    expect(textsOf(() => Same.apply(leaf, [leaf, 1]))).toEqual(['["float32 [1, 2]",1]']);
    expect(textsOf(() => Same.apply(leaf, { by: leaf, of: new Config(), no: null }))).toEqual([
      '{"by":"float32 [1, 2]","of":"Config","no":null}',
    ]);
    expect(textsOf(() => Same.apply(leaf, new Config()))).toEqual(['"Config"']);
    const at = tensor([0], { dtype: 'int64' });
    expect(textsOf(() => leaf.index_put([at], tensor([5, 6])))).toContain(
      '{"dims":[0],"at":"int64 [1]","shape":[1],"position":0}',
    );
  });

  it('sees sparse gradients as the dense ones that they stand for', () => {
    manual_seed(0);
    const table = new nn.Embedding(5, 2, { sparse: true });
    const optimizer = new optim.SparseAdam(table.parameters(), { lr: 0.1 });
    const { steps, tensors } = record(
      () => {
        table(tensor([1, 3, 1], { dtype: 'int64' }))
          .sum()
          .backward();
        optimizer.step();
      },
      { params: table },
    );
    const update = lastUpdate(steps);
    expect(update).toMatchObject({ name: 'weight', optimizer: 'SparseAdam' });
    expect(tensors[update.grad as number].values).toEqual([0, 0, 2, 2, 0, 0, 1, 1, 0, 0]);
  });

  it('sees a step that computes the loss itself, several times', () => {
    const layer = new nn.Linear(2, 1);
    const optimizer = new optim.LBFGS(layer.parameters(), { max_iter: 3 });
    const { steps } = record(() =>
      optimizer.step(() => {
        optimizer.zero_grad();
        const loss = layer(ones([1, 2]))
          .pow(2)
          .sum();
        loss.backward();
        return loss;
      }),
    );
    expect(steps).toHaveLength(1);
    const calls = steps[0].events.filter((event) => event.phase === 'forward');
    expect(calls.length).toBeGreaterThan(3);
    expect(steps[0].events.slice(-2).map((event) => event.phase)).toEqual(['update', 'update']);
  });

  it.each([
    ['Muon', (p: Tensor) => new optim.Muon([p])],
    ['Adafactor', (p: Tensor) => new optim.Adafactor([p])],
  ] as const)('%s: follows what comes before a parameter changes', (_, make) => {
    manual_seed(0);
    const p = randn(2, 3, { requires_grad: true });
    const optimizer = make(p);
    const { steps } = record(() => {
      p.mul(p).sum().backward();
      optimizer.step();
    });
    const { traces } = lastUpdate(steps);
    expect(traces.length).toBeGreaterThan(1);
    const last = traces.at(-1);
    const value = last?.lines.findLast(({ name }) => name === 'param')?.value;
    expect(value).toBeCloseTo([...p.toArray()][last?.element ?? -1], 5);
  });

  it('sees parameters that an optimizer was given with names, and passes over those without a gradient', () => {
    const [used, idle] = [ones([1], { requires_grad: true }), ones([1], { requires_grad: true })];
    const optimizer = new optim.SGD([['used', used], ['idle', idle]], { lr: 1 }); // biome-ignore format: pairs
    const { steps } = record(() => {
      used.mul(2).sum().backward();
      optimizer.step();
    });
    const updates = steps[0].events.filter((event): event is UpdateEvent => event.phase === 'update');
    expect(updates.map(({ name }) => name)).toEqual(['used']);
    expect(steps[0].nodes.map(({ name }) => name)).toContain('used');
  });

  it('sees second derivatives, shared cells and empty tensors', () => {
    const x = tensor([1, 2], { requires_grad: true });
    const second = record(() => {
      const [g] = autograd.grad(x.pow(3).sum(), x, { create_graph: true });
      (g as Tensor).sum().backward();
    });
    expect(x.grad?.tolist()).toEqual([6, 12]);
    expect(second.steps).toHaveLength(1);
    const cell = new nn.LSTM(2, 3);
    const { steps } = record(() => {
      const [out] = cell(randn(4, 1, 2)) as unknown as [Tensor];
      out.sum().backward();
    });
    expect(steps[0].nodes.map(({ name }) => name)).toContain('weight_hh_l0');
    const empty = record(() => ones([100, 0, 3], { requires_grad: true }).mul(2).sum().backward());
    const { results } = empty.steps[0].events[0] as ForwardEvent;
    expect(empty.tensors[results[0] as number]).toMatchObject({ shape: [100, 0, 3], values: [], min: null, norm: 0 });
    expect(empty.to_html()).toContain('[100,0,3]');
  });
});
