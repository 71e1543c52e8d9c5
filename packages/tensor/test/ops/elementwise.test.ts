import { describeFamily } from './runner.js';

describeFamily('elementwise');
