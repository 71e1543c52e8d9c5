import * as torch from 'torchlet';

const { nn } = torch;
const F = nn.functional;

/** The network of lessons c, d and f, for images of `[N, 3, 8, 8]`. */
export class Net extends nn.Module {
  conv1 = new nn.Conv2d(3, 1, 3);
  pool = new nn.MaxPool2d(2, 2);
  fc1 = new nn.Linear(1 * 3 * 3, 2);

  override forward(x: torch.Tensor): torch.Tensor {
    x = this.pool(F.relu(this.conv1(x))); // [N, 1, 3, 3]
    x = x.view(-1, 1 * 3 * 3);
    return F.relu(this.fc1(x)); // [N, 2]
  }
}
