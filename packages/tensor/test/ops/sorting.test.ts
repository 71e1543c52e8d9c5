import { describeFamily } from './runner.js';

describeFamily('sorting');
