import { describeFamily } from './runner.js';

describeFamily('network');
