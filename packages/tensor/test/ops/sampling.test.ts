import { describeFamily } from './runner.js';

describeFamily('sampling');
