/** Autograd made visible. */
export { type DrawOptions, to_dot } from './dot.js';
export { type ExplainOptions, explain } from './explain.js';
export type { Named, Params } from './params.js';
export { type Recording, type RecordOptions, record } from './record.js';
export type {
  BackwardEvent,
  Event,
  ForwardEvent,
  Operand,
  RecordingData,
  StateEntry,
  StepData,
  TensorRef,
  UpdateEvent,
} from './recording.js';
export type { TensorData } from './summary.js';
export { to_svg } from './svg.js';
export { type WhyNanOptions, why_nan } from './why-nan.js';
