/** (b) Gradients add up until `zero_grad` takes them away: they become null, or zero if that is wanted. */
import * as torch from 'torchlet';
import { expectPrinted, print } from '../print.js';

const { optim } = torch;

torch.manual_seed(0);
const w1 = torch.randn(2, 2, { requires_grad: true });
const w2 = torch.randn(2, 2, { requires_grad: true });
const optimizer = new optim.SGD([w1, w2], { lr: 0.001, momentum: 0.9 });

optimizer.param_groups[0].params[0].grad = torch.randn(2, 2);
print('the gradient of w1:');
print(w1.grad);

optimizer.zero_grad();
print('after zero_grad():');
print(w1.grad);

w1.grad = torch.randn(2, 2);
optimizer.zero_grad({ set_to_none: false });
print('after zero_grad(set_to_none=False):');
print(w1.grad);

print('w1 is the parameter in the group:', w1 === optimizer.param_groups[0].params[0]);

expectPrinted('b');
