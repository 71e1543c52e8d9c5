import * as nn from '@torchlet/nn';
import { DTypeError, ShapeError, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it, vi } from 'vitest';
import { fixture } from './helpers.js';
import { describeCases, type SequenceCase } from './sequence-helpers.js';

const { cases, errors } = fixture<{ cases: SequenceCase[]; errors: Record<string, string> }>('recurrent');

describe('recurrent layers, against PyTorch', () => {
  describeCases(cases);
});

describe('recurrent layers', () => {
  it('take their arguments by position and by name', () => {
    const rnn = new nn.RNN(2, 3, 1, 'relu', false, true, 0, true, null, 'float64');
    expect([rnn.nonlinearity, rnn.bias, rnn.batch_first, rnn.bidirectional]).toEqual(['relu', false, true, true]);
    expect(rnn.weight_hh_l0_reverse.dtype).toBe('float64');
    const lstm = new nn.LSTM({ input_size: 2, hidden_size: 4, proj_size: 3 });
    expect(lstm.weight_hr_l0.shape).toEqual([3, 4]);
    const x = zeros(2, 1, 2);
    const [output, [h, c]] = lstm(x, { hx: [zeros(1, 1, 3), zeros(1, 1, 4)] });
    expect([output.shape, h.shape, c.shape]).toEqual([
      [2, 1, 3],
      [1, 1, 3],
      [1, 1, 4],
    ]);
    expect(lstm.all_weights.map((list) => list.map((p) => p.shape.length))).toEqual([[2, 2, 1, 1, 2]]);
    lstm.flatten_parameters();
    expect(new nn.GRU(2, 3)(zeros(4, 0, 2)).map((t) => t.shape)).toEqual([
      [4, 0, 3],
      [1, 0, 3],
    ]);
  });

  it('follow a parameter that is replaced', () => {
    const gru = new nn.GRU(1, 1);
    gru.weight_ih_l0 = new nn.Parameter(zeros(3, 1));
    const y = gru(zeros(1, 1, 1))[0];
    gru.bias_ih_l0.data = gru.bias_ih_l0.data.add(1);
    expect(gru(zeros(1, 1, 1))[0].item()).not.toBe(y.item());
  });

  it('warn where dropout has no effect', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const lstm = new nn.LSTM(2, 3, { dropout: 1 });
    expect(warn).toHaveBeenCalledWith(
      'dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater ' +
        'than 1, but got dropout=1.0 and num_layers=1',
    );
    expect(String(lstm)).toBe('LSTM(2, 3, dropout=1.0)');
    warn.mockRestore();
  });

  it('refuse sizes and options that do not fit', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(
      () => new nn.RNN(2, 3, { nonlinearity: 'sin' as 'tanh' }),
      `${errors.nonlinearity}. Select from 'tanh' or 'relu'.`,
    );
    fails(() => new nn.RNNCell(2, 3, true, 'sin' as 'tanh'), 'Unknown nonlinearity: sin');
    fails(() => new nn.LSTM(2, 3, 2, { dropout: 1.5 }), errors.dropout);
    fails(() => new nn.LSTM(2, 3, 2, { dropout: true as never }), errors.dropout);
    fails(() => new nn.GRU(2, 3, { proj_size: 1 } as never), errors.proj_size);
    fails(() => new nn.RNN(2, 3, { proj_size: 0 } as never), errors.proj_size);
    fails(() => new nn.LSTM(2, 3, { proj_size: -1 }), errors.proj_negative);
    fails(() => new nn.LSTM(2, 3, { proj_size: 3 }), errors.proj_large);
    fails(() => new nn.LSTM(2, 0), 'hidden_size must be greater than zero');
    fails(() => new nn.LSTM(2, 3, 0), 'num_layers must be greater than zero');
    fails(() => new nn.LSTM(2), "LSTM() missing 1 required positional argument: 'hidden_size'");
    fails(() => new nn.GRU(2, 3, { layers: 2 } as never), "GRU() got an unexpected keyword argument 'layers'");
  });

  it('refuse inputs and states that do not fit', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ShapeError(message));
    const [rnn, lstm, gru] = [new nn.RNN(2, 3), new nn.LSTM(2, 3), new nn.GRU(2, 3)];
    const x = zeros(4, 1, 2);
    fails(() => rnn(zeros(2)), 'RNN: Expected input to be 2D or 3D, got 1D tensor instead');
    fails(() => lstm(zeros(1, 2, 3, 2)), 'LSTM: Expected input to be 2D or 3D, got 4D instead');
    fails(() => gru(zeros(2)), 'GRU: Expected input to be 2D or 3D, got 1D instead');
    fails(() => gru(zeros(4, 1, 5)), errors.input_size);
    fails(() => gru(x, zeros(1, 2, 3)), errors.hidden_size);
    fails(() => lstm(x, [zeros(1, 1, 4), zeros(1, 1, 3)]), errors.hidden_h);
    fails(() => lstm(x, [zeros(1, 1, 3), zeros(2, 1, 3)]), errors.hidden_c);
    fails(() => gru(zeros(4, 2), zeros(1, 1, 3)), errors.hidden_unbatched);
    fails(() => gru(x, zeros(1, 3)), errors.hidden_batched);
    fails(() => lstm(zeros(4, 2), [zeros(1, 1, 3), zeros(1, 1, 3)]), errors.pair_unbatched);
    fails(() => lstm(x, [zeros(1, 3), zeros(1, 1, 3)]), errors.pair_batched);
    fails(() => lstm(zeros(0, 1, 2)), errors.empty);
    expect(() => gru(x.double())).toThrow(
      new DTypeError(
        'RNN input dtype (torch.float64) does not match weight dtype (torch.float32). Convert input: ' +
          'input.to(torch.float32), or convert model: model.to(torch.float64)',
      ),
    );
  });

  it('name what is no tensor', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    const lstm = new nn.LSTM(2, 3);
    const packed = { data: zeros(3, 2), batch_sizes: zeros(2) };
    fails(
      () => lstm(packed as never),
      "LSTM(): argument 'input' must be Tensor, not Object; packed sequences are not supported",
    );
    fails(
      () => lstm(zeros(1, 1, 2), zeros(1, 1, 3) as never),
      "LSTM(): argument 'hx' must be a pair of Tensors, [h_0, c_0]",
    );
    fails(() => new nn.GRU(2, 3)(zeros(1, 1, 2), 3 as never), "GRU(): argument 'hx' must be Tensor, not number");
    fails(() => new nn.GRUCell(2, 3)(zeros(1, 2), 3 as never), "GRUCell(): argument 'hx' must be Tensor, not number");
    fails(() => lstm(zeros(1, 1, 2), { h: 1 } as never), "LSTM() got an unexpected keyword argument 'h'");
  });

  it('cells refuse inputs and states that do not fit', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ShapeError(message));
    const [gru, lstm] = [new nn.GRUCell(2, 3), new nn.LSTMCell(2, 3)];
    fails(() => gru(zeros(2, 4)), errors.cell_input);
    fails(() => gru(zeros(2, 2), zeros(2, 4)), errors.cell_hidden);
    fails(() => lstm(zeros(2, 2), [zeros(2, 3), zeros(3, 3)]), errors.cell_batch);
    fails(() => gru(zeros(1, 2, 2)), 'GRUCell: Expected input to be 1D or 2D, got 3D instead');
    fails(() => gru(zeros(2, 2), zeros(1, 2, 3)), 'GRUCell: Expected hidden to be 1D or 2D, got 3D instead');
  });
});
