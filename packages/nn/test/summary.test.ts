import { inspect } from 'node:util';
import * as nn from '@torchlet/nn';
import { ones, randn, type Tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { LeNet } from './helpers.js';

describe('summary', () => {
  it('of the LeNet, counted by hand', () => {
    const s = nn.summary(new LeNet(16, 28, 128), [1, 1, 28, 28]);
    // conv1: 16 filters of 1·3·3 and 16 biases; a filter at each of 28·28 places: 784·16·9
    // conv2: 32 filters of 16·3·3 and 32 biases; at each of 14·14 places: 196·32·144
    // fc1: 32·7·7 = 1568 inputs; 1568·128 weights, each used once, and 128 biases
    // fc2: 128·10 weights and 10 biases
    expect(s.layers.map((l) => [l.path, l.type, l.outputShape, l.parameters, l.multiplyAdds])).toEqual([
      ['', 'LeNet', [1, 10], 0, 0],
      ['conv1', 'Conv2d', [1, 16, 28, 28], 160, 112_896],
      ['conv2', 'Conv2d', [1, 32, 14, 14], 4640, 903_168],
      ['fc1', 'Linear', [1, 128], 200_832, 200_704],
      ['fc2', 'Linear', [1, 10], 1290, 1280],
    ]);
    expect([s.totalParameters, s.trainableParameters, s.totalMultiplyAdds]).toEqual([206_922, 206_922, 1_218_048]);
    const text = [
      'Layer            Output shape     Parameters  Multiply-adds',
      '-----------------------------------------------------------',
      'LeNet            [1, 10]                   0              0',
      '  conv1: Conv2d  [1, 16, 28, 28]         160        112,896',
      '  conv2: Conv2d  [1, 32, 14, 14]       4,640        903,168',
      '  fc1: Linear    [1, 128]            200,832        200,704',
      '  fc2: Linear    [1, 10]               1,290          1,280',
      '-----------------------------------------------------------',
      'Total parameters: 206,922',
      'Trainable parameters: 206,922',
      'Multiply-adds: 1,218,048',
    ].join('\n');
    expect(String(s)).toBe(text);
    expect(inspect(s)).toBe(text);
  });

  it('leaves the network as it was', () => {
    const net = new nn.Sequential(new nn.BatchNorm1d(3), new nn.Dropout(), new nn.Linear(3, 2));
    (net[1] as nn.Dropout).eval();
    net[2].requires_grad_(false);
    const state = Object.entries(net.state_dict()).map(([key, t]) => [key, t.tolist()]);
    const s = nn.summary(net, ones(4, 3));
    expect(Object.entries(net.state_dict()).map(([key, t]) => [key, t.tolist()])).toEqual(state);
    expect([...net.modules()].map((m) => m.training)).toEqual([true, true, false, true]);
    expect([...net.parameters()].every((p) => p.grad === null)).toBe(true);
    // normalization is not counted; 4 rows of 3·2 products
    expect(s.layers.map((l) => l.multiplyAdds)).toEqual([0, 0, 0, 24]);
    expect([s.totalParameters, s.trainableParameters]).toEqual([14, 6]);
    let calls = 0;
    net[0].register_forward_hook(() => {
      calls++;
    });
    net(randn(4, 3));
    expect(calls).toBe(1);
    expect(() => nn.summary(net, [4, 5])).toThrow();
    expect([...net.modules()].map((m) => m.training)).toEqual([true, true, false, true]);
  });

  it.each<[string, nn.AnyModule, nn.SummaryInput, number]>([
    // 8 places of 4·3·2 weights
    ['Conv1d', new nn.Conv1d(3, 4, 2), [1, 3, 9], 8 * 24],
    // 2 groups of filters of 2 channels: 6·2·9 weights at 2 images of 3·3 places
    ['Conv2d with groups', new nn.Conv2d(4, 6, 3, { groups: 2 }), [2, 4, 5, 5], 18 * 108],
    // 3·4·2·2 weights at each of the input's 5·5 places
    ['ConvTranspose2d', new nn.ConvTranspose2d(3, 4, 2, { stride: 2 }), [1, 3, 5, 5], 25 * 48],
    ['ConvTranspose1d', new nn.ConvTranspose1d(3, 4, 2), [3, 5], 5 * 24],
    // 4 gates of 5·(3 + 5), then of 5·(10 + 5) in the second layer, two directions, 7 steps of 2 sequences
    ['LSTM', new nn.LSTM(3, 5, { num_layers: 2, bidirectional: true }), [7, 2, 3], 14 * 2 * 4 * 5 * (8 + 15)],
    ['GRUCell', new nn.GRUCell(3, 5), [2, 3], 2 * 3 * 5 * 8],
    ['Embedding', new nn.Embedding(10, 4), zeros([2, 3], { dtype: 'int64' }), 0],
    ['GroupNorm', new nn.GroupNorm(2, 4), [1, 4, 3], 0],
    ['PReLU', new nn.PReLU(), [5], 0],
    ['MaxPool2d', new nn.MaxPool2d(2), [1, 1, 4, 4], 0],
    // a shared layer: both calls
    ['shared', shared(), [2, 3], 2 * 2 * 9],
  ])('%s', (_, net, input, multiplyAdds) => {
    const s = nn.summary(net, input);
    expect([s.totalMultiplyAdds, s.uncounted]).toEqual([multiplyAdds, []]);
    expect(s.totalParameters).toBe([...net.parameters()].reduce((n, p) => n + p.numel(), 0));
  });

  it('attention and its projections', () => {
    const net = new nn.MultiheadAttention(4, 2, { batch_first: true, kdim: 6, vdim: 3, add_bias_kv: true });
    const s = nn.summary(net, [
      [2, 5, 4],
      [2, 7, 6],
      [2, 7, 3],
    ]);
    // 2 sequences; queries 5·4·4, keys 7·6·4, values 7·3·4, then 5 positions with 7 + 1 others, 4 features, twice
    expect(s.layers[0].multiplyAdds).toBe(2 * (80 + 168 + 84 + 2 * 5 * 8 * 4));
    expect(s.layers[0].outputShape).toEqual([
      [2, 5, 4],
      [2, 5, 8],
    ]);
    expect(s.layers[1]).toMatchObject({ path: 'out_proj', multiplyAdds: 2 * 5 * 4 * 4, parameters: 20 });
  });

  it('a Transformer encoder is counted whole', () => {
    const net = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, 8), 2);
    // for 3 positions of 1 sequence: 4 projections 4·4, scores and values 2·3·4, feedforward 2·4·8
    expect(nn.summary(net, [3, 1, 4]).totalMultiplyAdds).toBe(2 * 3 * (4 * 16 + 2 * 3 * 4 + 2 * 32));
  });

  it('says what it cannot count, and shows modules that are not called', () => {
    class Scale extends nn.Module {
      scale = new nn.Parameter(ones(3));
      unused = new nn.Linear(1, 1);
      override forward(x: Tensor): Tensor {
        return x.mul(this.scale);
      }
    }
    const s = nn.summary(new nn.Sequential(new Scale(), new nn.Linear(3, 1)), [3], { dtype: 'float32', device: 'cpu' });
    expect(s.uncounted.map((l) => l.path)).toEqual(['0']);
    expect(s.totalMultiplyAdds).toBe(3);
    expect(String(s).split('\n')).toEqual([
      'Layer               Output shape  Parameters  Multiply-adds',
      '-----------------------------------------------------------',
      'Sequential          [1]                    0              0',
      '  0: Scale          [3]                    3              –',
      '    unused: Linear                         2              0',
      '  1: Linear         [1]                    4              3',
      '-----------------------------------------------------------',
      'Total parameters: 9',
      'Trainable parameters: 9',
      'Multiply-adds: 3, without 1 unknown (–)',
    ]);
  });

  it('reports inputs and options that are none', () => {
    const net = new nn.Linear(2, 2);
    const cases: [() => unknown, string][] = [
      [() => nn.summary(3 as never, [2]), 'summary(): expected a Module, got number'],
      [() => nn.summary(net, 3 as never), "summary(): argument 'input' must be sizes or tensors, got number"],
      [
        () => nn.summary(net, [[2], ones(2)] as never),
        "summary(): argument 'input' must be sizes or tensors, got Array",
      ],
      [
        () => nn.summary(net, ones(2), { dtype: 'float32' }),
        'summary(): dtype and device are for inputs given as sizes, got tensors',
      ],
      [() => nn.summary(net, [2], { depth: 3 } as never), "summary() got an unexpected keyword argument 'depth'"],
    ];
    for (const [run, message] of cases) expect(run).toThrow(new ValueError(message));
  });
});

function shared(): nn.AnyModule {
  const fc = new nn.Linear(3, 3);
  return new nn.Sequential(fc, new nn.Tanh(), fc);
}
