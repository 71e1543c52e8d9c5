import { describeTraining } from './gpu-training.js';

describeTraining();
