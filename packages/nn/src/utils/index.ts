/** `torch.nn.utils`. https://pytorch.org/docs/stable/nn.html#utilities */
export { type ClipGradNormOptions, clip_grad_norm_, clip_grad_value_, get_total_norm } from './clip-grad.js';
export { parameters_to_vector, vector_to_parameters } from './convert-parameters.js';
