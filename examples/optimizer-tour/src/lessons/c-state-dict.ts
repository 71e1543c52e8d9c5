/** (c) A network's state is a dict of its tensors by their names. */
import * as torch from 'torchlet';
import { Net } from '../net.js';
import { expectPrinted, print, size } from '../print.js';

torch.manual_seed(0);
const net = new Net();
print(net);
print(size(net(torch.ones(2, 3, 8, 8)).shape));
for (const [key, value] of Object.entries(net.state_dict())) print(key, size(value.shape));

expectPrinted('c');
