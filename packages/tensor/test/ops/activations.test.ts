import { describeFamily } from './runner.js';

describeFamily('activations');
