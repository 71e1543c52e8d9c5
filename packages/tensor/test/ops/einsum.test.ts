import { describeFamily } from './runner.js';

describeFamily('einsum');
