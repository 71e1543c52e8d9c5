import * as nn from '@torchlet/nn';
import { autograd, ones, type Tensor } from '@torchlet/tensor';
import { type DrawOptions, to_dot, to_svg } from '@torchlet/viz';
import { describe, expect, it } from 'vitest';
import { noted, threePaths } from './networks.js';

/** A chain of `n` multiplications by one leaf. */
function chain(n: number): Tensor {
  const w = ones([2], { requires_grad: true });
  let y: Tensor = w;
  for (let i = 0; i < n; i++) y = y.mul(w);
  return y.sum();
}

const boxes = (dot: string): number => dot.match(/^ *n\d+ \[id=/gm)?.length ?? 0;

describe('to_dot', () => {
  it('draws names, shapes and formulas, grouped by module, in the direction of the forward pass', () => {
    const dot = to_dot(noted().loss);
    expect(dot).toContain('fillcolor=lightblue, label="fc1.weight\\n[3, 2]\\nAccumulateGrad"');
    expect(dot).toContain('label="AddmmBackward0\\n[4, 3]\\ndx = g · W\\ndW = gᵀ · x\\ndb = Σ g over the batch"');
    expect(dot).toContain('subgraph "cluster_Net.fc1"');
    expect(dot).toContain('n4 [id=n4, class=root, fillcolor=darkolivegreen1');
    expect(dot).toContain('n3 -> n4 [tooltip="[4, 1] float32"]');
    expect(boxes(dot)).toBe(8);
  });

  it('names leaves by module, pairs or object, and needs no notes', () => {
    const { x, y } = threePaths();
    expect(to_dot(y)).toContain('a leaf without a name');
    expect(to_dot(y, { params: { 'the "x"': x } })).toContain('label="the \\"x\\"\\n[3]');
    expect(to_dot(y, { params: [['w', x]] })).toContain('label="w\\n');
    const { net, loss } = noted();
    expect(to_dot(loss, { params: net })).toContain('fc2.bias');
    y.backward();
    expect(to_dot(y)).toContain('MulBackward0'); // the edges of a freed graph are still there
  });

  it('folds a large graph by module and says so', () => {
    const net = new nn.Sequential(
      ...Array.from({ length: 30 }, () => new nn.Sequential(new nn.Linear(3, 3), new nn.Tanh(), new nn.Linear(3, 3))),
    );
    const loss = autograd.detect_anomaly(() => (net(ones([1, 3])) as Tensor).sum());
    const dot = to_dot(loss, { max_nodes: 60 });
    expect(dot).toContain('211 nodes are more than 60: folded by module into 31 boxes');
    expect(dot).toContain('label="Sequential.7\\n2 × AddmmBackward0\\n1 × TanhBackward0"');
    expect(boxes(dot)).toBe(31);
    expect(to_dot(loss)).not.toContain('folded');
  });

  it('folds stretches where modules are unknown', () => {
    const dot = to_dot(chain(100), { max_nodes: 20 });
    expect(dot).toMatch(/102 nodes are more than 20: folded every 8 operations in a row into 14 boxes/);
    expect(dot).toContain('operations 1 to 8');
  });

  it('draws a copy of what is used far away', () => {
    const dot = to_dot(chain(50));
    expect(dot).toMatch(/n52_n40 \[id=n52_n40, class=copy/);
    expect(dot).toContain('n52_n40 -> n40');
  });

  it('refuses what it cannot draw', () => {
    expect(() => to_dot(ones([1]))).toThrow('to_dot(): there is no graph to show');
    expect(() => to_dot(null as never)).toThrow("to_dot(): argument 'loss' must be a Tensor");
    const { y } = threePaths();
    expect(() => to_dot(y, { names: {} } as DrawOptions)).toThrow(
      "to_dot() got an unexpected keyword argument 'names'",
    );
    expect(() => to_dot(y, { max_nodes: 0 })).toThrow("to_dot(): argument 'max_nodes' must be at least 1, got 0");
    expect(() => to_dot(y, { max_nodes: 1.5 })).toThrow("to_dot(): argument 'max_nodes' must be int, got 1.5");
  });
});

describe('to_svg', () => {
  it('is a picture of the same boxes', () => {
    const svg = to_svg(noted().loss);
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    expect(svg.match(/<g id="n\d+"/g)).toHaveLength(8);
    expect(svg).toContain('dx = g · [x &gt; 0]');
    expect(() => to_svg(ones([1]))).toThrow('to_svg(): there is no graph to show');
    expect(() => to_svg(threePaths().y, { paramz: 1 } as DrawOptions)).toThrow("unexpected keyword argument 'paramz'");
  });

  it('arranges 2,000 operations that share a leaf in a few seconds', { timeout: 60_000 }, () => {
    const loss = chain(2000);
    const begin = performance.now();
    expect(to_svg(loss)).toContain('2002 nodes are more than 400');
    const folded = performance.now() - begin;
    console.log(`2,000 operations: drawn in ${folded.toFixed(0)} ms`);
    expect(folded).toBeLessThan(15_000);
  });
});
