import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as torch from 'torchlet';
import { describe, expect, it } from 'vitest';
import { fitWave, Swish, SwishFunction } from '../src/swish.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the program from its sources; throws unless it exits with 0. */
async function run(...args: string[]): Promise<string[]> {
  const nodeArgs = ['--conditions=@torchlet/source', '--import', tsx, main, ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, nodeArgs);
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

const { gradcheck, gradgradcheck } = torch.autograd;
const double = { dtype: 'float64', requires_grad: true } as const;
const swish = (x: torch.Tensor, beta: torch.Tensor): torch.Tensor => SwishFunction.apply(x, beta);

/** The same of torch's own operations. */
const composed = (x: torch.Tensor, beta: torch.Tensor): torch.Tensor => x.mul(beta.mul(x).sigmoid());

describe('the function', () => {
  it('has the values and gradients of the operations that it stands for', () => {
    torch.manual_seed(1);
    const x = torch.randn(3, 5, double);
    const beta = torch.tensor(-1.3, double);
    expect(swish(x, beta).tolist()).toEqual(composed(x, beta).tolist());
    const [ours, theirs] = [swish, composed].map((f) => torch.autograd.grad(f(x, beta).sin().sum(), [x, beta]));
    ours.forEach((grad, i) => {
      expect(
        grad
          ?.sub(theirs[i] as torch.Tensor)
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-14);
    });
  });

  it('passes gradcheck and gradgradcheck, also for one input alone', () => {
    torch.manual_seed(2);
    const x = torch.randn(2, 3, double);
    const beta = torch.tensor(0.5, double);
    for (const inputs of [
      [x, beta],
      [x, beta.detach()],
      [x.detach(), beta],
    ]) {
      expect(gradcheck(swish, inputs)).toBe(true);
      expect(gradgradcheck(swish, inputs)).toBe(true);
    }
  });

  it('would not pass with a wrong derivative', () => {
    class Wrong extends SwishFunction {
      /** As if σ were constant. */
      static override backward(ctx: torch.autograd.FunctionCtx, grad: torch.Tensor): (torch.Tensor | null)[] {
        const [x, beta] = ctx.saved_tensors;
        return [grad.mul(beta.mul(x).sigmoid()), null];
      }
    }
    const x = torch.randn(2, 3, double);
    expect(() => gradcheck((x) => Wrong.apply(x, torch.tensor(1, { dtype: 'float64' })), [x])).toThrow(
      torch.autograd.GradcheckError,
    );
  });
});

describe('the example', () => {
  it.each([1, 2, 3])('learns from seed %i too', (seed) => {
    torch.manual_seed(seed);
    const [net, error] = fitWave(400);
    expect(error).toBeLessThan(1e-3);
    const betas = [...net.modules()].filter((module) => module instanceof Swish);
    expect(betas).toHaveLength(2);
    for (const { beta } of betas) expect(beta.item()).not.toBe(1);
  });

  it('checks itself', async () => {
    const lines = await run();
    expect(lines[0]).toBe('first and second derivative agree with finite differences');
    expect(lines.at(-1)).toMatch(/^mean squared error \d\.\d\de-[4-9]$/);
    await expect(run('--fast')).rejects.toThrow("Unknown option '--fast'");
  }, 60_000);
});
