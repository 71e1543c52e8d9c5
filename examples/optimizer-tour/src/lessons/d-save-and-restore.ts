/** (d) Saved, zeroed, restored. The dict from before shows it all: its tensors are the network's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as torch from 'torchlet';
import { Net } from '../net.js';
import { expectPrinted, print } from '../print.js';

const { nn } = torch;

torch.manual_seed(0);
const net = new Net();
const net_state_dict = net.state_dict();
const folder = mkdtempSync(join(tmpdir(), 'optimizer-tour-'));
const path = join(folder, 'net_params.pt');
torch.save(net_state_dict, path);

for (const module of net.modules()) {
  if (module instanceof nn.Conv2d || module instanceof nn.Linear) {
    nn.init.constant_(module.weight, 0);
    module.bias?.data.zero_();
  }
}
print('zeroed:');
for (const [key, value] of Object.entries(net_state_dict)) print(key, value);

print(net.load_state_dict(torch.load<torch.nn.StateDict>(path)));
rmSync(folder, { recursive: true });
print('restored:');
for (const [key, value] of Object.entries(net_state_dict)) print(key, value);

expectPrinted('d');
