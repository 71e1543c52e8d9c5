/** Hooks around the steps of all optimizers. */
import { tensor } from '@torchlet/tensor';
import { expect, it } from 'vitest';
import * as optim from '../src/index.js';

it('global hooks run before an optimizer’s own pre-hooks and after its own post-hooks', () => {
  const log: string[] = [];
  const note = (text: string) => () => {
    log.push(text);
  };
  const { register_optimizer_step_pre_hook: pre, register_optimizer_step_post_hook: post } = optim.optimizer;
  const handles = [pre(note('global pre')), post(note('global post'))];
  const make = (): optim.SGD => new optim.SGD([tensor([1], { requires_grad: true })], { lr: 0.1 });
  const a = make();
  a.register_step_pre_hook(note('pre'));
  a.register_step_post_hook(note('post'));
  a.step();
  make().step();
  expect(log).toEqual(['global pre', 'pre', 'post', 'global post', 'global pre', 'global post']);
  for (const h of handles) h.remove();
  make().step();
  expect(log.length).toBe(6);
});
