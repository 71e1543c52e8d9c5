import * as torch from 'torchlet';

const { nn } = torch;

/** Two layers with a nonlinearity between them, which is all that a graph needs to become interesting. */
export class Net extends nn.Module {
  hidden = new nn.Linear(2, 4);
  output = new nn.Linear(4, 1);

  override forward(x: torch.Tensor): torch.Tensor {
    return this.output(this.hidden(x).tanh()); // [N, 1]
  }
}

/** The exclusive or again: pairs of bits `[4, 2]`, and what belongs to each `[4, 1]`. */
export const inputs: torch.Tensor = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]); // biome-ignore format: a truth table
export const targets: torch.Tensor = torch.tensor([[0], [1], [1], [0]]);
