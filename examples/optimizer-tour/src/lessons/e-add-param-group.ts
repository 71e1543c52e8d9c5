/** (e) A group joins later, with its own learning rate and momentum, such as a layer that a fine-tuning unfreezes. */
import * as torch from 'torchlet';
import { expectPrinted, print } from '../print.js';

const { optim } = torch;

torch.manual_seed(0);
const w1 = torch.randn(2, 2, { requires_grad: true });
const w2 = torch.randn(2, 2, { requires_grad: true });
const w3 = torch.randn(2, 2, { requires_grad: true });
const optimizer = new optim.SGD([w1, w2], { lr: 0.001, momentum: 0.9 });
print('groups:', optimizer.param_groups.length);

optimizer.add_param_group({ params: w3, lr: 0.01, momentum: 0.8 });
print('groups:', optimizer.param_groups.length);
print(optimizer);
print(optimizer.param_groups[1].params);

expectPrinted('e');
