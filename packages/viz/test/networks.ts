/** Small graphs that several tests look at. */
import * as nn from '@torchlet/nn';
import { autograd, manual_seed, randn, type Tensor, tensor } from '@torchlet/tensor';

export class Net extends nn.Module {
  fc1 = new nn.Linear(2, 3);
  fc2 = new nn.Linear(3, 1);

  override forward(x: Tensor): Tensor {
    return this.fc2(this.fc1(x).relu());
  }
}

/** A network and its loss, recorded with notes. */
export function noted(): { net: Net; loss: Tensor } {
  manual_seed(0);
  const net = new Net();
  const [x, y] = [randn(4, 2), randn(4, 1)];
  return { net, loss: autograd.detect_anomaly(() => nn.functional.mse_loss(net(x), y)) };
}

/** Σ x² + eˣ, in which three paths lead to x. */
export function threePaths(): { x: Tensor; y: Tensor } {
  const x = tensor([1, 2, 3], { requires_grad: true });
  return { x, y: x.mul(x).add(x.exp()).sum() };
}

export class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 6, 5, { padding: 2 });
  conv2 = new nn.Conv2d(6, 16, 5);
  fc1 = new nn.Linear(16 * 5 * 5, 120);
  fc2 = new nn.Linear(120, 84);
  fc3 = new nn.Linear(84, 10);

  override forward(x: Tensor): Tensor {
    let h = nn.functional.max_pool2d(this.conv1(x).relu(), 2);
    h = nn.functional.max_pool2d(this.conv2(h).relu(), 2);
    return this.fc3(this.fc2(this.fc1(h.flatten(1)).relu()).relu());
  }
}
