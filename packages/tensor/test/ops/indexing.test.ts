import { describeFamily } from './runner.js';

describeFamily('indexing');
