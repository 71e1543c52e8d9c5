import { describeDraws } from './gpu-random.js';

describeDraws();
