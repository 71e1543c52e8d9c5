/** `FROM STEPS TO`: trains on from the checkpoint FROM, and saves the next one as TO. */
import * as torch from '../../src/index.js';
import { type Checkpoint, train } from '../round-trip-training.js';

const [, , from, steps, to] = process.argv;
torch.save(train(torch.load<Checkpoint>(from), Number(steps)), to);
