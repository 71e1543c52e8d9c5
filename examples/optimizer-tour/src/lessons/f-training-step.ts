/** (f) The training step: forget the gradients, compute the loss, go back through the graph, step. */
import * as torch from 'torchlet';
import { Net } from '../net.js';
import { expectPrinted, print } from '../print.js';

const { nn, optim } = torch;

torch.manual_seed(0);
const net = new Net();
const loss_function = new nn.CrossEntropyLoss();
const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
const images = torch.rand(4, 3, 8, 8);
const labels = torch.tensor([0, 1, 1, 0], { dtype: torch.int64 });

for (let step = 0; step < 3; step++) {
  optimizer.zero_grad();
  const loss = loss_function(net(images), labels);
  loss.backward();
  optimizer.step();
  print('step', step + 1, 'loss', loss);
}
const { bias } = net.fc1;
print(bias?.grad);
print(bias);
if (bias !== null) print(optimizer.state.get(bias));

expectPrinted('f');
