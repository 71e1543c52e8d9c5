import { describeFamily } from './runner.js';

describeFamily('pointwise');
