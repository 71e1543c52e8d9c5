/**
 * Shows one training step of a small network: `node dist/main.js [folder]` prints its backward pass and writes `graph.svg` and
 * `explorer.html`, for any browser, into the folder (`runs` unless given).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, record, to_svg } from '@torchlet/viz';
import * as torch from 'torchlet';
import { inputs, Net, targets } from './net.js';

const folder = process.argv[2] ?? 'runs';
torch.manual_seed(0);
const net = new Net();
const optimizer = new torch.optim.Adam(net.parameters(), { lr: 0.05 });
const computeLoss = () => torch.nn.functional.mse_loss(net(inputs), targets);

// 1. In words. Inside detect_anomaly every operation remembers its module and its source line.
const loss = torch.autograd.detect_anomaly(computeLoss);
console.log(explain(loss));
console.log('\nEvery path on which gradient reaches hidden.bias:\n');
console.log(explain(loss, { leaf: net.hidden.bias }));

// 2. As a picture.
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'graph.svg'), to_svg(loss));

// 3. Step by step: three training steps, forward, backward and update.
const recording = record(() =>
  [1, 2, 3].map(() => {
    optimizer.zero_grad();
    const loss = computeLoss();
    loss.backward();
    optimizer.step();
    return loss.item();
  }),
);
recording.save_html(join(folder, 'explorer.html'));
console.log(`\nwritten: ${join(folder, 'graph.svg')}, ${join(folder, 'explorer.html')}`);
console.log(`losses: ${recording.result.map((x) => x.toFixed(4)).join(', ')}`);

if (!(recording.result[2] < recording.result[0])) {
  console.error('error: expected a smaller loss after three steps');
  process.exitCode = 1;
}
