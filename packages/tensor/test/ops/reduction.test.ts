import { describeFamily } from './runner.js';

describeFamily('reduction');
