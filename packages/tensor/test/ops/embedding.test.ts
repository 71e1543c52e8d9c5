import { describeFamily } from './runner.js';

describeFamily('embedding');
