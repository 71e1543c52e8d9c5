/** (a) An optimizer's parameters stand in groups: all in one, or in several with options of their own. */
import * as torch from 'torchlet';
import { expectPrinted, print } from '../print.js';

const { optim } = torch;

torch.manual_seed(0);
const w1 = torch.randn(2, 2, { requires_grad: true });
const w2 = torch.randn(2, 2, { requires_grad: true });
const w3 = torch.randn(2, 2, { requires_grad: true });

// one group
const one = new optim.SGD([w1, w3], { lr: 0.1 });
print('groups:', one.param_groups.length);
print(one.param_groups);
print(one);

// two groups, each with its learning rate
const two = new optim.SGD([
  { params: w1, lr: 0.1 },
  { params: w2, lr: 0.001 },
]);
print('groups:', two.param_groups.length);
print(two.param_groups);
print(two);

expectPrinted('a');
