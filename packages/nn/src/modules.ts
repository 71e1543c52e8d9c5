/** `torch.nn.modules`. */
export * as module from './global-hooks.js';
