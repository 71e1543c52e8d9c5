import { describeFamily } from './runner.js';

describeFamily('convs');
