/** What is no argument at all is refused with one of torchlet's errors, never with JavaScript's own. */
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

type Fn = (...args: unknown[]) => unknown;

const JUNK: readonly unknown[][] = [
  [],
  [undefined],
  [null],
  ['x'],
  [{}],
  [[]],
  [['x']],
  [() => 0],
  [{ no_such_thing: 1 }],
  [null, null],
  ['x', 'x'],
  [{}, {}],
];

/** A method or function called past its types. */
const call = (owner: object, name: string, ...args: unknown[]): unknown =>
  (Reflect.get(owner, name) as Fn).apply(owner, args);

const x = (): torch.Tensor => torch.ones(2, 3);

/** What a function throws for junk that is not one of ours. */
function strange(call: Fn, calls: readonly unknown[][]): string[] {
  return calls.flatMap((args) => {
    try {
      const scope = call(...args) as Partial<Disposable> | null | undefined;
      scope?.[Symbol.dispose]?.(); // no_grad() and the like
    } catch (error) {
      if (!(error instanceof torch.TorchletError)) return [`of ${args.map(String)}: ${String(error)}`];
    }
    return [];
  });
}

const functionsOf = (space: object): [string, Fn][] =>
  Object.entries(space).filter(
    (entry): entry is [string, Fn] =>
      // save('x', 'x') would be a file
      entry[0] !== 'save' &&
      typeof entry[1] === 'function' &&
      !/^class\b/.test(Function.prototype.toString.call(entry[1])),
  );

function check(functions: readonly [string, Fn][], calls: readonly unknown[][]): void {
  const found = functions.flatMap(([name, fn]) => strange(fn, calls).map((what) => `${name} ${what}`));
  expect(found).toEqual([]);
}

/** The same behind a tensor that fits. */
const withTensor = JUNK.map((args) => [x(), ...args]);

describe('junk', () => {
  it.each(['torch', 'functional', 'linalg'])('%s', (space) => {
    const functions = functionsOf(space === 'torch' ? torch : space === 'linalg' ? torch.linalg : torch.nn.functional);
    expect(functions.length).toBeGreaterThan(space === 'torch' ? 200 : 0);
    check(functions, JUNK);
    check(functions, withTensor);
  });

  it.each<[string, () => unknown, string]>([
    ['full', () => call(torch, 'full'), "full() missing 2 required positional arguments: 'size' and 'fill_value'"],
    ['full', () => call(torch, 'full', 'x', 1), "full(): argument 'size' must be tuple of ints, not string"],
    ['relu', () => call(torch, 'relu'), "relu() missing 1 required positional argument: 'input'"],
    ['relu_', () => call(torch, 'relu_', 'x'), "relu_(): argument 'input' must be Tensor, not a string"],
    ['add', () => call(x(), 'add'), "add() missing 1 required positional argument: 'other'"],
    ['detach', () => call(torch, 'detach', null), "detach(): argument 'input' must be Tensor, not null"],
    ['can_cast', () => call(torch, 'can_cast', 'x', 'bool'), 'can_cast(): unknown dtype x, expected one of'],
    ['no_grad', () => call(torch, 'no_grad', 'x'), "no_grad(): argument 'fn' must be a function, not a string"],
    [
      'cross_entropy',
      () => call(torch.nn.functional, 'cross_entropy', x()),
      "cross_entropy() missing 1 required positional argument: 'target'",
    ],
    ['save', () => call(torch, 'save', x(), 1), 'save(): path must be a string, but got a number'],
    ['orderedDict', () => call(torch, 'orderedDict', 1), 'orderedDict(): expected an object, got a number'],
    ['integerKeyed', () => call(torch, 'integerKeyed', null), 'integerKeyed(): expected an object, got null'],
    [
      'set_printoptions',
      () => call(torch, 'set_printoptions', 1),
      'set_printoptions() expected an options object, got a number',
    ],
  ])('%s says what is wrong', (_name, run, message) => {
    expect(run).toThrow(torch.TorchletError);
    expect(run).toThrow(message);
  });

  it('Tensor', () => {
    const names = Object.entries(Object.getOwnPropertyDescriptors(torch.Tensor.prototype)).filter(
      ([name, { value }]) => typeof value === 'function' && name !== 'constructor',
    );
    expect(names.length).toBeGreaterThan(250);
    check(
      names.map(([name, { value }]) => [name, (...args) => (value as Fn).apply(x(), args)]),
      JUNK,
    );
  });
});
