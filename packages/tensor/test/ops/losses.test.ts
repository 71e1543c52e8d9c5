import { describeFamily } from './runner.js';

describeFamily('losses');
