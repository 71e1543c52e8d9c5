/** `torch.autograd`. https://pytorch.org/docs/stable/autograd.html */
export { type BackwardOptions, backward, type GradOptions, grad } from './backward.js';
export { enable_grad, is_grad_enabled, no_grad, set_grad_enabled } from './grad-mode.js';
export {
  type CheckedFunction,
  GradcheckError,
  type GradcheckOptions,
  type GradgradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './gradcheck.js';
export { Node } from './node.js';
