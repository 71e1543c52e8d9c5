import { describeFamily } from './runner.js';

describeFamily('norms');
