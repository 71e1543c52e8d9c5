/** Optimizers' steps, before and after. */
import { type Optimizer, optimizer as optimizers } from '@torchlet/optim';
import { Tensor } from '@torchlet/tensor';
import type { Observer } from '@torchlet/tensor/internal';
import type { StateEntry, UpdateEvent } from './recording.js';
import type { TensorStore } from './tensor-store.js';
import { type Trace, trace } from './update-trace.js';

/** A parameter's part of a step. */
export type Updated = Omit<UpdateEvent, 'node' | 'name'> & { param: Tensor; name: string | null };

interface Before {
  readonly param: Tensor;
  readonly name: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly before: number;
  readonly grad: number;
  readonly state: ReadonlyMap<string, StateEntry['before']>;
}

/** More updates of one parameter in one step are not kept: an iteration repeats its lines. */
const MOST_TRACES = 8;

export class OptimizerNotes {
  private readonly steps: { optimizer: Optimizer; before: Before[] }[] = [];
  private traces: { tensors: readonly (Tensor | null)[]; trace: Trace }[] = [];

  /** `done` is told of each parameter that a step has changed, and then that the step is over. */
  constructor(
    private readonly store: TensorStore,
    private readonly done: (updates: readonly Updated[]) => void,
  ) {}

  /** Begins to listen to every optimizer. */
  listen(): Disposable {
    const handles = [
      optimizers.register_optimizer_step_pre_hook((optimizer) => this.begin(optimizer as Optimizer)),
      optimizers.register_optimizer_step_post_hook((optimizer) => this.end(optimizer as Optimizer)),
    ];
    return {
      [Symbol.dispose]: (): void => {
        for (const handle of handles) handle.remove();
      },
    };
  }

  readonly updating: Observer['updating'] = (kernel, tensors, values) => {
    const found = trace(kernel, tensors, values);
    if (found !== null) this.traces.push({ tensors: Object.values(tensors), trace: found });
  };

  private begin(optimizer: Optimizer): void {
    this.traces = [];
    const before = optimizer.param_groups.flatMap((group) =>
      group.params.map(
        (param, i): Before => ({
          param,
          name: group.param_names?.[i] ?? null,
          options: optionsOf(group),
          before: this.store.add(param),
          grad: param.grad === null ? -1 : this.store.add(param.grad),
          state: this.stateOf(optimizer, param),
        }),
      ),
    );
    this.steps.push({ optimizer, before });
  }

  private end(optimizer: Optimizer): void {
    const at = this.steps.findLastIndex((step) => step.optimizer === optimizer);
    if (at < 0) return;
    const [{ before }] = this.steps.splice(at);
    this.done(before.flatMap((one) => this.update(optimizer, one)));
    this.traces = [];
  }

  private update(optimizer: Optimizer, { param, name, options, before, grad, state }: Before): Updated[] {
    const after = this.store.add(param);
    // no gradient, and no change: the optimizer has passed it over
    if (param.grad === null && after === before) return [];
    const now = this.stateOf(optimizer, param);
    const keys = new Set([...state.keys(), ...now.keys()]);
    return [
      {
        phase: 'update',
        param,
        name,
        optimizer: optimizer.constructor.name,
        formula: optimizer.formula,
        options,
        before,
        grad: param.grad === null ? (grad < 0 ? null : grad) : this.store.add(param.grad),
        after,
        state: [...keys].map((key) => ({ name: key, before: state.get(key) ?? null, after: now.get(key) ?? null })),
        traces: this.tracesOf(param),
      },
    ];
  }

  /** Updates of tensors on the way to a parameter come before the one that changes it. */
  private tracesOf(param: Tensor): Trace[] {
    const last = this.traces.findLastIndex(({ tensors }) => tensors.includes(param));
    if (last < 0) return [];
    return this.traces
      .splice(0, last + 1)
      .slice(-MOST_TRACES)
      .map((entry) => entry.trace);
  }

  private stateOf(optimizer: Optimizer, param: Tensor): Map<string, StateEntry['before']> {
    const state = (optimizer.state.get(param) ?? {}) as Readonly<Record<string, unknown>>;
    const entries = new Map<string, StateEntry['before']>();
    for (const [key, value] of Object.entries(state)) {
      if (value instanceof Tensor) entries.set(key, this.store.add(value));
      else if (typeof value !== 'function' && value !== null && value !== undefined) entries.set(key, String(value));
    }
    return entries;
  }
}

function optionsOf(group: object): Record<string, string> {
  const entries = Object.entries(group).filter(
    ([key, value]) => !['params', 'param_names'].includes(key) && value !== null && value !== undefined,
  );
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? `[${value.join(', ')}]` : String(value)]),
  );
}
