/** A part of the kernels whose threads compute four outputs each, in gpu.js's `webasm` mode. */
import { describe } from 'vitest';
import { testLanes } from './gpu-lanes.js';

process.env.TORCHLET_GPU = 'webasm';

const PART =
  /all layouts, float32|all pairs of layouts, float32|other values|bias to each row|on batches|each short|all different|groups|wide kernel/;

describe('in webasm mode', { timeout: 60_000 }, () => testLanes(PART));
