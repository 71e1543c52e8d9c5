/** This project, through its public API, built. */

import { WORKLOADS } from '../dist/workloads/index.js';
import { setNumThreads } from '../node_modules/@torchlet/kernels/dist/index.js';

export async function open() {
  setNumThreads(1);
  return {
    name: 'torchlet',
    steps: {
      'LeNet step, batch 64': WORKLOADS['LeNet step, batch 64, SGD momentum'](),
      'LeNet forward, batch 64': WORKLOADS['LeNet forward, batch 64'](),
      'MLP step, batch 64, Adam': WORKLOADS['MLP 784-256-128-10 step, batch 64, Adam'](),
      'matmul 512': WORKLOADS['matmul 512'](),
    },
  };
}
