/** Recurrent layers and their cells. */
export { type RecurrentOptions, RNNBase } from './base.js';
export { type CellOptions, GRUCell, LSTMCell, RNNCell, RNNCellBase, type RNNCellOptions } from './cell.js';
export { LSTM, type LSTMOptions, type LSTMState } from './lstm.js';
export { GRU, type HiddenOptions, type Nonlinearity, RNN, type RNNOptions } from './rnn.js';
