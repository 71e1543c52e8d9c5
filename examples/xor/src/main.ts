import * as torch from 'torchlet';
import { inputs, Net, targets, train } from './xor.js';

torch.manual_seed(0);
const net = new Net();
train(net, 500, (step, loss) => {
  if (step % 100 === 0) console.log(`step ${step}  loss ${loss.item().toFixed(6)}`);
});

const predictions = torch.no_grad(() => net(inputs));
for (let i = 0; i < 4; i++) {
  const [a, b] = inputs.select(0, i).tolist() as number[];
  console.log(`${a} xor ${b} = ${predictions.select(0, i).item().toFixed(3)}`);
}

const wrong = predictions.sub(targets).abs().max().item();
console.log(`largest error ${wrong.toFixed(3)}`);
if (!(wrong < 0.1)) {
  console.error('error: expected an error below 0.1');
  process.exitCode = 1;
}
