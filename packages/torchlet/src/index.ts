/**
 * torchlet as one namespace: `import * as torch from 'torchlet'` gives `torch.tensor`, `torch.nn.Linear`,
 * `torch.optim.SGD`, `torch.utils.data.DataLoader`, as `import torch` does in Python.
 */

export { datasets } from '@torchlet/data';
export * as nn from '@torchlet/nn';
export * as optim from '@torchlet/optim';
export * from '@torchlet/tensor';
export * as utils from './utils.js';
