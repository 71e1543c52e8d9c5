/** The training that goes to and fro between Node and Python: tools/pytorch-golden/round_trip.py has its twin. */
import * as torch from '../src/index.js';

const { nn, optim } = torch;
const F = nn.functional;

type StateDict = Record<string, torch.Tensor>;

/** Everything that a run needs to go on, as both sides save it. */
export interface Checkpoint {
  x: torch.Tensor;
  y: torch.Tensor;
  model: StateDict;
  optimizer?: torch.optim.OptimizerStateDict;
  scheduler?: Record<string, unknown>;
  losses: number[];
}

class Net extends nn.Module {
  fc1 = new nn.Linear(8, 16);
  norm = new nn.BatchNorm1d(16);
  fc2 = new nn.Linear(16, 3);

  override forward(x: torch.Tensor): torch.Tensor {
    return this.fc2(F.relu(this.norm(this.fc1(x))));
  }
}

/** Trains on from a checkpoint. @returns the next one; its losses are those of these steps */
export function train(from: Checkpoint, steps: number): Checkpoint {
  const { x, y } = from;
  const net = new Net();
  net.load_state_dict(from.model);
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.02, weight_decay: 0.01 });
  const scheduler = new optim.lr_scheduler.CosineAnnealingLR(optimizer, { T_max: 150 });
  if (from.optimizer) optimizer.load_state_dict(from.optimizer);
  if (from.scheduler) scheduler.load_state_dict(from.scheduler);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const first = (16 * (scheduler.last_epoch % 4)) as number;
    const batch = torch.slice(first, first + 16);
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(x.index(batch)), y.index(batch));
    loss.backward();
    optimizer.step();
    scheduler.step();
    losses.push(loss.item());
  }
  return {
    x,
    y,
    model: net.state_dict(),
    optimizer: optimizer.state_dict(),
    scheduler: scheduler.state_dict() as Record<string, unknown>,
    losses,
  };
}
