/** Trains for 10,000 steps and prints what memory is in use after 2,000 of them and at the end, in bytes. */
import { setImmediate } from 'node:timers/promises';
import { manual_seed } from 'torchlet';
import { Net, train } from '../src/xor.js';

async function settled(): Promise<NodeJS.MemoryUsage> {
  // Finalizers run in turns of the event loop, and what they let go of is collected after that.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await setImmediate();
  }
  return process.memoryUsage();
}

manual_seed(0);
const net = new Net();
train(net, 2_000);
const early = await settled();
train(net, 8_000);
const late = await settled();
process.stdout.write(JSON.stringify({ early, late }));
