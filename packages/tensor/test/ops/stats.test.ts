import { describeFamily } from './runner.js';

describeFamily('stats');
