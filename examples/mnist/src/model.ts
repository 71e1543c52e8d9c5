import { nn, type Tensor } from 'torchlet';

const F = nn.functional;

/** A LeNet for 28 × 28 gray images: two convolutions with pooling, two linear layers; 206,922 parameters. */
export class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  fc1 = new nn.Linear(32 * 7 * 7, 128);
  fc2 = new nn.Linear(128, 10);

  /** @param x images, `[N, 1, 28, 28]`; @returns a score for each of the ten digits, `[N, 10]` */
  override forward(x: Tensor): Tensor {
    x = F.max_pool2d(F.relu(this.conv1(x)), 2); // [N, 16, 14, 14]
    x = F.max_pool2d(F.relu(this.conv2(x)), 2); // [N, 32, 7, 7]
    x = F.relu(this.fc1(x.flatten(1))); // [N, 128]
    return this.fc2(x);
  }
}
