import { describeFamily } from './runner.js';

describeFamily('attention');
