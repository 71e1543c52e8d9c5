/** `torch.nn.functional`, by PyTorch's names. https://pytorch.org/docs/stable/nn.functional.html */
export { functionalRelu as relu, relu_, sigmoid, tanh } from './activation.js';
export { conv2d } from './conv.js';
export { dropout } from './dropout.js';
export { cross_entropy, mse_loss, nll_loss } from './loss.js';
export { linear } from './matmul.js';
export { avg_pool2d, max_pool2d, max_pool2d_with_indices } from './pool.js';
export { functionalLogSoftmax as log_softmax, functionalSoftmax as softmax } from './softmax.js';
