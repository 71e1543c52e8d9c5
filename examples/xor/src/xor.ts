import * as torch from 'torchlet';

const { nn, optim } = torch;

/** Pairs of bits, `[4, 2]`, and the exclusive or of each, `[4, 1]`. */
export const inputs: torch.Tensor = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]); // biome-ignore format: a truth table
export const targets: torch.Tensor = torch.tensor([[0], [1], [1], [0]]);

/** Two layers, as no single one can tell the pairs apart: no line lies between the ones and the zeros. */
export class Net extends nn.Module {
  hidden = new nn.Linear(2, 8);
  output = new nn.Linear(8, 1);

  override forward(x: torch.Tensor): torch.Tensor {
    return this.output(this.hidden(x).tanh()).sigmoid(); // [N, 1]
  }
}

/** Learns the four pairs by heart; `after` is called with each step's number and loss. */
export function train(net: Net, steps: number, after?: (step: number, loss: torch.Tensor) => void): void {
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.05 });
  for (let step = 1; step <= steps; step++) {
    optimizer.zero_grad();
    const loss = nn.functional.mse_loss(net(inputs), targets);
    loss.backward();
    optimizer.step();
    after?.(step, loss);
  }
}
