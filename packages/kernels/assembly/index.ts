export { fold, unfold } from './conv';
export { clear, copy } from './memory';
export { sgemm, sgemmWorkspace } from './gemm';
export { gatherPlanes, scatterPlanes, sumPlanes } from './planes';
export { avgPool2x2, avgPool2x2Backward, maxPool2x2, maxPool2x2Backward } from './pool';
export { sumColumns } from './reduce';
export { addRows, gatherRows, scatterRows } from './rows';
