/** `torch.nn.modules`. */
export * as module from './global-hooks.js';
export * as batchnorm from './layers/batchnorm.js';
