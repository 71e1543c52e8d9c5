/** The schedule under which weights are averaged, against PyTorch. */
import { Linear } from '@torchlet/nn';
import { type Tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { lr_scheduler, SGD } from '../src/index.js';
import { SWALR, type SWALROptions } from '../src/swa-utils/index.js';
import { expectClose, fixture } from './helpers.js';

interface Schedule {
  readonly lrs: number[];
  readonly options: SWALROptions;
  readonly before: number;
  readonly recorded: number[][];
  readonly state: Record<string, unknown>;
  readonly half: number;
  readonly resumed: number[][];
  readonly group: Record<string, unknown>;
}

const torch = fixture<{ swalr: Schedule[]; errors: Record<string, string> }>('swa');
const recent = fixture<{ errors: Record<string, string> }>('recent');

const leaf = (): Tensor => zeros(1, { requires_grad: true });
const optimizerOf = (lrs: readonly number[]): SGD =>
  new SGD(
    lrs.map((lr) => ({ params: leaf(), lr })),
    { lr: 1 },
  );
const lrsOf = (optimizer: SGD): number[] => optimizer.param_groups.map(({ lr }) => lr);

describe.each(torch.swalr.map((spec) => [JSON.stringify(spec.options), spec] as const))('SWALR %s', (_, spec) => {
  it('as PyTorch, after another scheduler too', () => {
    const optimizer = optimizerOf(spec.lrs);
    const first = new lr_scheduler.StepLR(optimizer, { step_size: 2, gamma: 0.5 });
    const scheduler = new SWALR(optimizer, spec.options);
    expectClose(lrsOf(optimizer), spec.recorded[0], 'float64', 'at first');
    spec.recorded.slice(1).forEach((expected, epoch) => {
      optimizer.step();
      (epoch < spec.before ? first : scheduler).step();
      expectClose(lrsOf(optimizer), expected, 'float64', `epoch ${epoch + 1}`);
    });
    // which PyTorch 2 has no more
    const { _last_lr, verbose, ...state } = spec.state as Record<string, unknown> & { _last_lr: number[] };
    expectClose(scheduler.get_last_lr(), _last_lr, 'float64', 'last');
    expect(scheduler.state_dict()).toMatchObject(state);
    expect(verbose).toBe(false);
    const group = optimizer.param_groups.at(-1) as unknown as Record<string, unknown>;
    expect([group.swa_lr, group.initial_lr]).toEqual([spec.group.swa_lr, spec.group.initial_lr]);
  });

  it('resumed with last_epoch, and from state dicts', () => {
    const optimizer = optimizerOf(spec.lrs);
    optimizer.param_groups.forEach((group, i) => {
      group.lr = spec.recorded[spec.half][i];
      group.initial_lr = spec.lrs[i];
    });
    const scheduler = new SWALR(optimizer, { ...spec.options, last_epoch: spec.half });
    const other = optimizerOf(spec.lrs);
    const again = new SWALR(other, { swa_lr: 9 });
    other.load_state_dict(optimizer.state_dict());
    again.load_state_dict(JSON.parse(JSON.stringify(scheduler.state_dict())));
    expectClose(lrsOf(optimizer), spec.resumed[0], 'float64', 'at first');
    for (const expected of spec.resumed.slice(1)) {
      for (const [o, s] of [
        [optimizer, scheduler],
        [other, again],
      ] as const) {
        o.step();
        s.step();
        expectClose(lrsOf(o), expected, 'float64', 'resumed');
      }
    }
  });
});

describe('SWALR', () => {
  it('keeps the way of annealing in its state, and no function', () => {
    const scheduler = new SWALR(optimizerOf([1]), { swa_lr: 0.5, anneal_strategy: 'linear' });
    expect(scheduler.state_dict()).toMatchObject({ anneal_epochs: 10, _anneal_strategy: 'linear', base_lrs: [1] });
    expect(Object.keys(scheduler.state_dict())).not.toContain('anneal_func');
    expect(scheduler.anneal_func(0.25)).toBe(0.25);
  });

  it('refuses in PyTorch’s words and leaves the groups as they were', () => {
    const make = (options: unknown, lrs = [1]): unknown => {
      const optimizer = optimizerOf(lrs);
      try {
        return Reflect.construct(SWALR, [optimizer, options]);
      } finally {
        for (const group of optimizer.param_groups) expect(group).not.toHaveProperty('swa_lr');
      }
    };
    const refused: [() => unknown, string][] = [
      [() => make({ swa_lr: 1, anneal_strategy: 'exp' }), recent.errors.anneal_strategy],
      [() => make({ swa_lr: 1, anneal_epochs: -1 }), torch.errors.anneal_epochs],
      [() => make({ swa_lr: 1, anneal_epochs: 1.5 }), torch.errors['fractional anneal_epochs']],
      [() => make({ swa_lr: 1, last_epoch: 3 }), recent.errors['resuming without initial_lr']],
      [
        () => make({ swa_lr: [1, 2, 3] }, [1, 2]),
        'swa_lr must have the same length as optimizer.param_groups. swa_lr has 3 values, param_groups has 2.',
      ],
      [() => make({}), "SWALR() missing 1 required argument: 'swa_lr'"],
      [() => make({ swa_lr: Number.NaN }), 'Invalid swa_lr value: NaN'],
      [() => make({ swa_lr: 1, verbose: true }), "SWALR() got an unexpected keyword argument 'verbose'"],
      [() => Reflect.construct(SWALR, [{}, { swa_lr: 1 }]), 'Object is not an Optimizer'],
      [() => Reflect.construct(SWALR, [() => 1, { swa_lr: 1 }]), 'function is not an Optimizer'],
      [() => Reflect.construct(SWALR, [new Linear(1, 1), { swa_lr: 1 }]), 'Linear is not an Optimizer'],
    ];
    for (const [call, message] of refused) {
      expect(call).toThrow(ValueError);
      expect(call).toThrow(message);
    }
  });

  it('a group added later has no swa_lr, and the step says so', () => {
    const optimizer = optimizerOf([1]);
    const scheduler = new SWALR(optimizer, { swa_lr: 0.5 });
    optimizer.add_param_group({ params: leaf() });
    optimizer.step();
    expect(() => scheduler.step()).toThrow("SWALR: param_groups[1] has no 'swa_lr'");
  });
});
