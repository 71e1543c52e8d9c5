/** `torch.utils`. */
export * as data from '@torchlet/data';
export * as checkpoint from './checkpoint.js';
