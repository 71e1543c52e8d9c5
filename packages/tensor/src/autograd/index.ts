/** `torch.autograd`. https://pytorch.org/docs/stable/autograd.html */
export { backward, type BackwardOptions, grad, type GradOptions } from './backward.js';
export { type CheckedFunction, type GradcheckOptions, type GradgradcheckOptions, gradcheck, gradgradcheck } from './gradcheck.js';
export { enable_grad, is_grad_enabled, no_grad, set_grad_enabled } from './grad-mode.js';
export { Node } from './node.js';
