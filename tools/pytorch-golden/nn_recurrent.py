#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/recurrent.json: RNN, LSTM, GRU and their cells.

Run from anywhere: python3 tools/pytorch-golden/nn_recurrent.py
"""
import torch
from torch import nn

from nn_case import failure, write
from nn_sequence import case, inputs, module

f64 = torch.float64
CASES = []
for layer, parts in [('RNN', 1), ('LSTM', 2), ('GRU', 1)]:
    def hidden(seed, *shape, dtype=torch.float32):
        made = inputs(seed, *[shape] * parts, dtype=dtype)
        return made if parts == 1 else tuple(made)

    CASES += [
        case(0, module(layer, 3, 4), inputs(1, (5, 2, 3))),
        case(1, module(layer, 3, 4), inputs(2, (5, 2, 3)), hidden(3, 1, 2, 4)),
        case(2, module(layer, 3, 2, 2), inputs(4, (4, 2, 3)), hx=hidden(5, 2, 2, 2)),
        case(3, module(layer, 2, 3, bidirectional=True), inputs(6, (4, 3, 2)), hidden(7, 2, 3, 3)),
        case(4, module(layer, 2, 3, 2, bidirectional=True, batch_first=True), inputs(8, (3, 4, 2)), hidden(9, 4, 3, 3)),
        case(5, module(layer, 2, 3, num_layers=2, bias=False), inputs(10, (3, 1, 2))),
        case(6, module(layer, 2, 3), inputs(11, (4, 2))),
        case(7, module(layer, 2, 3, batch_first=True, bidirectional=True), inputs(12, (4, 2)), hidden(13, 2, 3)),
        case(8, module(layer, 2, 3), inputs(14, (1, 1, 2))),
        case(9, module(layer, 2, 3, 3, dropout=0.5), inputs(15, (3, 2, 2))),
        case(10, module(layer, 2, 3, 2, dropout=0.5), inputs(15, (3, 2, 2)), train=False),
        case(11, module(layer, 2, 3, 2, bidirectional=True, dropout=0.25, batch_first=True), inputs(16, (2, 3, 2))),
        case(12, module(layer, 3, 4, 2, bidirectional=True, dtype='float64'), inputs(17, (4, 2, 3), dtype=f64),
             hidden(18, 4, 2, 4, dtype=f64)),
        case(13, module(layer, 5, 8, 2), inputs(19, (12, 4, 5))),
    ]
CASES += [
    case(20, module('RNN', 3, 4, 2, nonlinearity='relu'), inputs(20, (5, 2, 3))),
    case(21, module('RNN', 3, 4, nonlinearity='relu', bias=False), inputs(21, (5, 2, 3))),
    case(22, module('LSTM', 3, 4, proj_size=2), inputs(22, (5, 2, 3))),
    case(23, module('LSTM', 3, 4, 2, bidirectional=True, proj_size=2, bias=False), inputs(23, (3, 2, 3)),
         (inputs(24, (4, 2, 2)), inputs(25, (4, 2, 4)))),
    case(30, module('RNNCell', 3, 4), inputs(30, (2, 3))),
    case(31, module('RNNCell', 3, 4, False, 'relu'), inputs(31, (2, 3)), inputs(32, (2, 4))),
    case(32, module('RNNCell', 3, 4, nonlinearity='relu'), inputs(33, (3,)), inputs(34, (4,))),
    case(33, module('LSTMCell', 3, 4), inputs(35, (2, 3))),
    case(34, module('LSTMCell', 3, 4), inputs(36, (2, 3)), tuple(inputs(37, (2, 4), (2, 4)))),
    case(35, module('LSTMCell', 3, 4, bias=False), inputs(38, (3,)), hx=tuple(inputs(39, (4,), (4,)))),
    case(36, module('GRUCell', 3, 4), inputs(40, (2, 3))),
    case(37, module('GRUCell', 3, 4, dtype='float64'), inputs(41, (2, 3), dtype=f64), inputs(42, (2, 4), dtype=f64)),
    case(38, module('GRUCell', 3, 4, False), inputs(43, (3,)), inputs(44, (4,))),
]


def errors():
    x = torch.zeros
    lstm, gru = nn.LSTM(2, 3), nn.GRU(2, 3)
    return {
        'nonlinearity': failure(lambda: nn.RNN(2, 3, nonlinearity='sin')),
        'dropout': failure(lambda: nn.LSTM(2, 3, 2, dropout=1.5)),
        'proj_size': failure(lambda: nn.GRU(2, 3, proj_size=1)),
        'proj_negative': failure(lambda: nn.LSTM(2, 3, proj_size=-1)),
        'proj_large': failure(lambda: nn.LSTM(2, 3, proj_size=3)),
        'input_size': failure(lambda: gru(x(4, 1, 5))),
        'hidden_size': failure(lambda: gru(x(4, 1, 2), x(1, 2, 3))),
        'hidden_h': failure(lambda: lstm(x(4, 1, 2), (x(1, 1, 4), x(1, 1, 3)))),
        'hidden_c': failure(lambda: lstm(x(4, 1, 2), (x(1, 1, 3), x(2, 1, 3)))),
        'hidden_unbatched': failure(lambda: gru(x(4, 2), x(1, 1, 3))),
        'hidden_batched': failure(lambda: gru(x(4, 1, 2), x(1, 3))),
        'pair_unbatched': failure(lambda: lstm(x(4, 2), (x(1, 1, 3), x(1, 1, 3)))),
        'pair_batched': failure(lambda: lstm(x(4, 1, 2), (x(1, 3), x(1, 1, 3)))),
        'empty': failure(lambda: lstm(x(0, 1, 2))),
        'cell_input': failure(lambda: nn.GRUCell(2, 3)(x(2, 4))),
        'cell_hidden': failure(lambda: nn.GRUCell(2, 3)(x(2, 2), x(2, 4))),
        'cell_batch': failure(lambda: nn.LSTMCell(2, 3)(x(2, 2), (x(2, 3), x(3, 3)))),
    }


write('recurrent.json', {'cases': CASES, 'errors': errors()})
