import { describeFamily } from './runner.js';

describeFamily('factory');
