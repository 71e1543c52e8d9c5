import { describeShapes } from './gpu-shapes.js';

describeShapes();
