import * as torch from 'torchlet';

const { autograd, nn } = torch;

/**
 * x · σ(βx), with a β that is learned (Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941). Made of torch's own
 * operations it would keep three tensors of the size of x for the backward pass; this keeps x and computes σ again.
 */
export class SwishFunction extends autograd.Function {
  /** @param x any shape; @param beta 0-dim */
  static forward(ctx: torch.autograd.FunctionCtx, x: torch.Tensor, beta: torch.Tensor): torch.Tensor {
    ctx.save_for_backward(x, beta);
    return x.mul(beta.mul(x).sigmoid());
  }

  /** A gradient for each argument of forward; made of operations, so it can be differentiated again. */
  static backward(ctx: torch.autograd.FunctionCtx, grad: torch.Tensor): (torch.Tensor | null)[] {
    const [x, beta] = ctx.saved_tensors;
    const s = beta.mul(x).sigmoid();
    const slope = s.mul(s.neg().add(1)); // σ' = σ (1 − σ)
    const [needsX, needsBeta] = ctx.needs_input_grad;
    return [
      needsX ? grad.mul(s.add(beta.mul(x).mul(slope))) : null, // σ + βx σ'
      needsBeta ? grad.mul(x.square().mul(slope)).sum() : null, // x² σ', from all of x to the one β
    ];
  }
}

/** As a layer: β starts at 1. */
export class Swish extends nn.Module {
  beta = new nn.Parameter(torch.tensor(1));

  override forward(x: torch.Tensor): torch.Tensor {
    return SwishFunction.apply(x, this.beta);
  }
}

/** Fits a wave, sin(3x) on [−1, 1], through two Swish layers; @returns the network and its mean squared error. */
export function fitWave(steps: number, after?: (step: number, loss: number) => void): [torch.nn.Module, number] {
  const x = torch.linspace(-1, 1, 64).unsqueeze(1); // [64, 1]
  const y = x.mul(3).sin();
  const net = new nn.Sequential(
    new nn.Linear(1, 16),
    new Swish(),
    new nn.Linear(16, 16),
    new Swish(),
    new nn.Linear(16, 1),
  );
  const optimizer = new torch.optim.Adam(net.parameters(), { lr: 0.01 });
  let error = Infinity;
  for (let step = 1; step <= steps; step++) {
    optimizer.zero_grad();
    const loss = nn.functional.mse_loss(net(x), y);
    loss.backward();
    optimizer.step();
    error = loss.item();
    after?.(step, error);
  }
  return [net, error];
}
