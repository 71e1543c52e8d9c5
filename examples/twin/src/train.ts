/** This half: line by line what python/twin.py is. */
import { manual_seed, nn, no_grad, optim, type Tensor, utils } from 'torchlet';

const F = nn.functional;
const { DataLoader, TensorDataset } = utils.data;

class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  fc1 = new nn.Linear(32 * 7 * 7, 128);
  fc2 = new nn.Linear(128, 10);

  override forward(x: Tensor): Tensor {
    x = F.max_pool2d(F.relu(this.conv1(x)), 2);
    x = F.max_pool2d(F.relu(this.conv2(x)), 2);
    x = F.relu(this.fc1(x.flatten(1)));
    return this.fc2(x);
  }
}

/** The network and the loss of each batch. */
export function train(images: Tensor, labels: Tensor, seed: number, epochs = 1): [net: nn.Module, losses: number[]] {
  manual_seed(seed);
  const net = new LeNet();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
  const batches = new DataLoader(new TensorDataset(images, labels), { batch_size: 64, shuffle: true });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [x, y] of batches) {
      optimizer.zero_grad();
      const loss = F.cross_entropy(net(x), y);
      loss.backward();
      optimizer.step();
      losses.push(loss.item());
    }
  }
  return [net, losses];
}

/** Percent of images whose highest score is at their label. */
export function accuracy(net: nn.Module, images: Tensor, labels: Tensor): number {
  return no_grad(() => {
    let right = 0;
    const targets = labels.split(500);
    images.split(500).forEach((x, i) => {
      right += net(x).argmax(1).eq(targets[i]).sum().item();
    });
    return (100 * right) / labels.size(0);
  });
}
