/** Saves to one file again and again until it is killed. Every tensor of the k-th checkpoint is full of k. */
import { full, save } from '../../src/index.js';

const path = process.argv[2];
for (let k = 1; ; k++) {
  save({ k, first: full([400_000], k), second: full([100_000], k, { dtype: 'int64' }), last: full([300], k) }, path);
  if (k === 1) process.stdout.write('saved\n');
}
