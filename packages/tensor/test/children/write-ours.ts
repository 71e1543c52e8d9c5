/** `FOLDER`: writes the files of ours.ts there. */
import { join } from 'node:path';
import { save } from '../../src/index.js';
import { checkpoint, values } from '../ours.js';

save(checkpoint(), join(process.argv[2], 'ours-checkpoint.pt'));
save(values(), join(process.argv[2], 'ours-values.pt'));
