/** A part of the products and convolutions whose threads compute four outputs each, in gpu.js's `webasm` mode. */
import { describe } from 'vitest';
import { testLanes } from './gpu-lanes.js';

process.env.TORCHLET_GPU = 'webasm';

const PART = /bias to each row|on batches|each short|all different|groups|wide kernel/;

describe('in webasm mode', { timeout: 60_000 }, () => testLanes(PART));
