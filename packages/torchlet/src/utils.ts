/** `torch.utils`. */
export * as data from '@torchlet/data';
