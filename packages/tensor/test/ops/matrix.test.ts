import { describeFamily } from './runner.js';

describeFamily('matrix');
