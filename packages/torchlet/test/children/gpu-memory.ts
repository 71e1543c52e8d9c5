/**
 * `STEPS`: trains a small network on the gpu, with evaluations in between, in one turn of the event loop, and prints what
 * the memory did, as JSON; or why there is no gpu.
 */
import * as torch from '../../src/index.js';

const { gpu, nn, optim } = torch;
const F = nn.functional;
const [BATCH, INPUTS, HIDDEN] = [64, 100, 64];
const steps = Number(process.argv[2]);

class Net extends nn.Module {
  readonly fc1 = new nn.Linear(INPUTS, HIDDEN);
  readonly norm = new nn.BatchNorm1d(HIDDEN);
  readonly fc2 = new nn.Linear(HIDDEN, HIDDEN);
  readonly drop = new nn.Dropout(0.1);
  readonly fc3 = new nn.Linear(HIDDEN, 10);

  override forward(x: torch.Tensor): torch.Tensor {
    const h = F.relu(this.norm(this.fc1(x)));
    return this.fc3(this.drop(F.relu(this.fc2(h))));
  }
}

function run(): object {
  torch.manual_seed(1);
  const net = new Net().to('gpu');
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  const batch = (): [torch.Tensor, torch.Tensor] => [
    torch.randn(BATCH, INPUTS).to('gpu'),
    torch.randint(0, 10, [BATCH]).to('gpu'),
  ];
  /** What is held to the end, with what it was. */
  const held: { readonly t: torch.Tensor; readonly was: string }[] = [];
  const text = (t: torch.Tensor): string => JSON.stringify(t.to('cpu').tolist());

  const step = (hold: boolean): void => {
    const [x, y] = batch();
    net.train();
    const out = net(x);
    const loss = F.cross_entropy(out, y);
    optimizer.zero_grad();
    loss.backward();
    if (hold) {
      const grads = [...net.parameters()].map(({ grad }) => grad as torch.Tensor);
      held.push(...[x, y, out, out.detach(), loss, ...grads].map((t) => ({ t, was: text(t) })));
    }
    optimizer.step();
    loss.item();
  };
  const evaluate = (): number =>
    torch.no_grad(() => {
      const [x, y] = batch();
      net.eval();
      return F.cross_entropy(net(x), y).item();
    });

  for (let i = 0; i < 10; i++) step(false);
  gpu.empty_cache();
  gpu.reset_peak_memory_stats();
  step(false);
  const one = gpu.max_memory_allocated();
  /** The most memory, in steps' worth; buffers that the device was asked for; the process's own memory in MiB. */
  const rows: { readonly peak: number; readonly buffers: number; readonly process: number }[] = [];
  for (let i = 1; i <= steps; i++) {
    step(false);
    if (i % 10 === 0) for (let k = 0; k < 4; k++) evaluate();
    if (i % 50 !== 0) continue;
    gpu.synchronize();
    rows.push({
      peak: gpu.max_memory_allocated() / one,
      buffers: gpu.memory_stats().num_device_alloc,
      process: process.memoryUsage.rss() / 2 ** 20,
    });
    gpu.reset_peak_memory_stats();
  }
  for (let i = 0; i < 40; i++) step(i % 10 === 0);
  return { rows, held: held.length, unchanged: held.every(({ t, was }) => text(t) === was) };
}

try {
  gpu.device_name();
  console.log(JSON.stringify(run()));
} catch (error) {
  if (!(error instanceof torch.DeviceError)) throw error;
  console.log(JSON.stringify({ missing: error.message }));
}
