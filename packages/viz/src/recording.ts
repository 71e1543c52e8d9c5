/** What a recording holds: plain data, which goes into a page as JSON. */
import type { GraphNode } from './graph.js';
import type { TensorData } from './summary.js';
import type { Trace } from './update-trace.js';

/** Number of a tensor in {@link RecordingData.tensors}; null where there is none. */
export type TensorRef = number | null;

export interface Operand {
  /** As the formula calls it, or as the operation does. */
  readonly name: string;
  readonly tensor: TensorRef;
  /** Where it comes from; null for what is not in the graph. */
  readonly from: number | null;
  /** An argument that is no tensor. */
  readonly text: string | null;
}

export interface ForwardEvent {
  readonly phase: 'forward';
  readonly node: number;
  readonly operands: readonly Operand[];
  readonly results: readonly TensorRef[];
}

export interface BackwardEvent {
  readonly phase: 'backward';
  readonly node: number;
  /** The gradient of each result. */
  readonly incoming: readonly TensorRef[];
  /** The gradient of each input of the node, in the order of its inputs. */
  readonly outgoing: readonly TensorRef[];
  /** The leaf's `.grad` afterwards. */
  readonly grad: TensorRef;
}

export interface StateEntry {
  readonly name: string;
  /** A number of a tensor, or what is no tensor as text. */
  readonly before: number | string | null;
  readonly after: number | string | null;
}

/** One parameter in one step of an optimizer. */
export interface UpdateEvent {
  readonly phase: 'update';
  /** The leaf in the graph; null for one that is not there. */
  readonly node: number | null;
  readonly name: string;
  readonly optimizer: string;
  /** The update as its paper writes it. */
  readonly formula: string;
  readonly options: Readonly<Record<string, string>>;
  readonly before: TensorRef;
  readonly grad: TensorRef;
  readonly after: TensorRef;
  readonly state: readonly StateEntry[];
  /** The update with its numbers filled in, for one element. */
  readonly traces: readonly Trace[];
}

export type Event = ForwardEvent | BackwardEvent | UpdateEvent;

/** One training step: up to and including an optimizer's `step()`. */
export interface StepData {
  readonly nodes: readonly GraphNode[];
  readonly events: readonly Event[];
}

export interface RecordingData {
  readonly steps: readonly StepData[];
  readonly tensors: readonly TensorData[];
}
