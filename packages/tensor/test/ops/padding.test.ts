import { describeFamily } from './runner.js';

describeFamily('padding');
