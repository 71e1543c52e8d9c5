/** The device's thread on an adapter with faults: each comes with a buffer of its size in MiB. Runs from the built package. */
import { serveNode } from '../dist/backend/gpu/worker/node.js';

const faults = {
  1: (device) => device.destroy(),
  2: () => process.exit(3),
  3: () => {
    // nobody catches this
    setTimeout(() => {
      throw new Error('the thread has a bug');
    });
  },
  4: () => {
    for (;;);
  },
  5: (device) => {
    const huge = device.limits.maxBufferSize;
    // what no call answers for
    device.onuncapturederror({ error: { message: `no ${huge}` } });
  },
};

function faulty(device) {
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    faults[descriptor.size / 2 ** 20]?.(device);
    return createBuffer.call(device, descriptor);
  };
  return device;
}

serveNode((parts) => ({
  ...parts,
  gpu: {
    async requestAdapter(options) {
      const adapter = await parts.gpu.requestAdapter(options);
      return {
        limits: adapter.limits,
        info: adapter.info,
        requestDevice: async (descriptor) => faulty(await adapter.requestDevice(descriptor)),
      };
    },
  },
}));
