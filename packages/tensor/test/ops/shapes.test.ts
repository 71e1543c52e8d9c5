import { describeFamily } from './runner.js';

describeFamily('shapes');
