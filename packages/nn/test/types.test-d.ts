import * as nn from '@torchlet/nn';
import { ones, type Tensor } from '@torchlet/tensor';
import { describe, expectTypeOf, it } from 'vitest';

class Net extends nn.Module {
  fc = new nn.Linear(2, 3);
  override forward(x: Tensor): Tensor {
    return this.fc(x);
  }
}

class TwoHeads extends nn.Module<[x: Tensor, y: Tensor], [Tensor, Tensor]> {
  override forward(x: Tensor, y: Tensor): [Tensor, Tensor] {
    return [x, y];
  }
}

class Optional extends nn.Module<[x: Tensor, scale?: number], number> {
  override forward(_x: Tensor, scale = 1): number {
    return scale;
  }
}

/** With noImplicitOverride the fields that a function has by itself want `override`. */
class Named extends nn.Module {
  override name = 3;
  override length = 'long';
}

describe('calling a module', () => {
  const x = ones(1, 2);

  it('has the type of forward', () => {
    expectTypeOf(new Net()(x)).toEqualTypeOf<Tensor>();
    expectTypeOf(new TwoHeads()(x, x)).toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(new Optional()(x)).toEqualTypeOf<number>();
    expectTypeOf(new Optional()(x, 2)).toEqualTypeOf<number>();
    expectTypeOf(new nn.CrossEntropyLoss()(x, x)).toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.Sequential(new Net(), new nn.ReLU())(x)).toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.Sequential<string, number>()('x')).toEqualTypeOf<number>();
    expectTypeOf(new nn.MaxPool2d(2)(x)).toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.MaxPool2d<[Tensor, Tensor]>(2, { return_indices: true })(x)).toEqualTypeOf<[Tensor, Tensor]>();
  });

  it('refuses arguments that forward does not take', () => {
    // @ts-expect-error: a number is no tensor
    new Net()(1);
    // @ts-expect-error: too many
    new Net()(x, x);
    // @ts-expect-error: too few
    new TwoHeads()(x);
    // @ts-expect-error: a loss wants a target
    new nn.MSELoss()(x);
    // @ts-expect-error: a list of modules is not called
    new nn.ModuleList()(x);
  });
});

describe('members', () => {
  const net = new Net();

  it('are typed', () => {
    expectTypeOf(net.fc.weight).toEqualTypeOf<nn.Parameter>();
    expectTypeOf(net.fc.bias).toEqualTypeOf<nn.Parameter | null>();
    expectTypeOf([...net.parameters()]).toEqualTypeOf<nn.Parameter[]>();
    expectTypeOf([...net.named_parameters()]).toEqualTypeOf<[string, nn.Parameter][]>();
    expectTypeOf(net.state_dict()).toEqualTypeOf<Record<string, Tensor>>();
    expectTypeOf(net.train().eval().to('float64').requires_grad_(false)).toEqualTypeOf<Net>();
    expectTypeOf(net.load_state_dict(net.state_dict()).missing_keys).toEqualTypeOf<readonly string[]>();
    expectTypeOf(new nn.Sequential(net)[0]).toEqualTypeOf<nn.AnyModule>();
    expectTypeOf(new Named().name).toEqualTypeOf<number>();
    expectTypeOf(new Named().length).toEqualTypeOf<string>();
    expectTypeOf(net.fc.weight.grad).toEqualTypeOf<Tensor | null>();
  });

  it('any module is an AnyModule, and is narrowed by its class', () => {
    expectTypeOf<Net>().toExtend<nn.AnyModule>();
    expectTypeOf<TwoHeads>().toExtend<nn.AnyModule>();
    expectTypeOf<Optional>().toExtend<nn.AnyModule>();
    expectTypeOf<nn.ModuleList>().toExtend<nn.AnyModule>();
    const all: nn.AnyModule[] = [new TwoHeads(), new Optional(), net];
    for (const module of all) if (module instanceof nn.Linear) expectTypeOf(module.in_features).toEqualTypeOf<number>();
    net.apply((m) => {
      if (m instanceof nn.Conv2d) nn.init.zeros_(m.weight);
    });
  });

  it('unknown options and wrong kinds are refused', () => {
    // @ts-expect-error: no such option
    new nn.Linear(1, 2, { biass: false });
    // @ts-expect-error: no such padding_mode
    new nn.Conv2d(1, 2, 3, { padding_mode: 'mirror' });
    // @ts-expect-error: reduction is one of three
    new nn.MSELoss({ reduction: 'max' });
    // @ts-expect-error: a tensor is no Parameter
    net.fc.weight = ones(2);
    // @ts-expect-error: no such nonlinearity
    nn.init.calculate_gain('swish');
    // @ts-expect-error: a Parameter wants a tensor
    new nn.Parameter([1, 2]);
  });
});

describe('functional', () => {
  const x = ones(1, 1, 4, 4);

  it('keeps its overloads', () => {
    const F = nn.functional;
    expectTypeOf(F.max_pool2d(x, 2)).toEqualTypeOf<Tensor>();
    expectTypeOf(F.max_pool2d(x, 3, { stride: 2 })).toEqualTypeOf<Tensor>();
    expectTypeOf(F.max_pool2d(x, 2, { return_indices: true })).toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(F.cross_entropy(x, x, { reduction: 'sum' })).toEqualTypeOf<Tensor>();
    // @ts-expect-error: no such function
    F.swish(x);
  });
});
