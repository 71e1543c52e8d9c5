import { describeFamily } from './runner.js';

describeFamily('view');
