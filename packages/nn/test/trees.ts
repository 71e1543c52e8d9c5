import * as nn from '@torchlet/nn';
import { ones, type Tensor, zeros } from '@torchlet/tensor';
import { fixture } from './helpers.js';

/** What tools/pytorch-golden/nn_modules.py says of the classes below, and the errors of PyTorch's modules. */
interface ModulesFixture {
  tree: Record<string, string[]> & { repr: string; keys_matched: string };
  errors: Record<string, string>;
}

export const { tree: expected, errors } = fixture<ModulesFixture>('modules');

export class Block extends nn.Module {
  fc: nn.Linear;
  declare mean: Tensor;
  declare scratch: Tensor;
  declare absent: nn.Parameter | null;
  scale: nn.Parameter;

  constructor(width: number) {
    super();
    this.fc = new nn.Linear(width, width);
    this.register_buffer('mean', zeros(width));
    this.register_buffer('scratch', ones(1), { persistent: false });
    this.register_parameter('absent', null);
    this.scale = new nn.Parameter(ones([]));
  }
}

/** Shared modules and parameters, children without a value, names that are numbers; as in the fixture. */
export class Tree extends nn.Module {
  first: Block;
  again: Block;
  tied: nn.Linear;
  nothing = null;
  own: nn.Parameter;
  declare mean: Tensor;

  constructor() {
    super();
    this.first = new Block(2);
    this.add_module('10', new nn.Linear(2, 3));
    this.register_module('2', new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU(), new nn.Sequential()));
    this.again = this.first;
    this.tied = new nn.Linear(2, 2);
    this.tied.weight = this.first.fc.weight;
    this.add_module('none', null);
    this.register_buffer('mean', this.first.mean);
    this.own = new nn.Parameter(zeros(1, 2));
  }
}

export const names = (pairs: Iterable<readonly [string, unknown]>): string[] => [...pairs].map(([name]) => name);
